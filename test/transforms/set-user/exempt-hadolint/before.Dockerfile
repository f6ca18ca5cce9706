FROM debian:trixie-slim
COPY app /usr/local/bin/app
# hadolint ignore=DL3002
USER root
CMD ["app"]
