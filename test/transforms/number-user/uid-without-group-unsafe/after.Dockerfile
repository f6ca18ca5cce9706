FROM debian:trixie-slim
USER 10001:10001
CMD ["app"]
