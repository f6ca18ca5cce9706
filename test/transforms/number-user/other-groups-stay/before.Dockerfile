FROM debian:trixie-slim
USER app
CMD ["app"]
