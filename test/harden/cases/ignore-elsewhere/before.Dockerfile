FROM debian:trixie-slim
# harden-image ignore=own-writable-paths
COPY app /app
VOLUME /data
CMD ["app"]
