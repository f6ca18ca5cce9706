FROM debian:trixie-slim
CMD ["app"]
# checkov:skip=CKV_DOCKER_8: it mounts file systems
