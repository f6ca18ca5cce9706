FROM debian:trixie-slim
# harden-image ignore=set-user reason=it mounts file systems
CMD ["app"]
