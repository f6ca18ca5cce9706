FROM debian:trixie-slim
USER 1500
CMD ["app"]
