#checkov:skip=CKV_DOCKER_3
FROM debian:trixie-slim
CMD ["app"]
