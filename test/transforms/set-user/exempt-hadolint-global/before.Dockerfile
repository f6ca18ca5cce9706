# hadolint global ignore=DL3008,DL3002
FROM debian:trixie-slim
CMD ["app"]
