FROM debian:trixie-slim
USER 33:33
CMD ["app"]
