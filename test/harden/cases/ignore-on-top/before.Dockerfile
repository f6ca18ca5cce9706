# harden-image ignore=own-writable-paths,raise-ports
FROM debian:trixie-slim
VOLUME /data
CMD ["app"]
