FROM debian:trixie-slim
COPY app /usr/local/bin/app
# trivy:ignore:AVD-DS-0002
USER root
CMD ["app"]
