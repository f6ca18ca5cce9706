FROM debian:trixie-slim
VOLUME /data /logs
CMD ["app"]
