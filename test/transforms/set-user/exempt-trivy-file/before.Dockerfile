# trivy:ignore:DS-0002
FROM debian:trixie-slim
CMD ["app"]
