# checkov:skip=CKV_DOCKER_2:no health check
# hadolint global ignore=DL3008
FROM debian:trixie-slim
CMD ["app"]
