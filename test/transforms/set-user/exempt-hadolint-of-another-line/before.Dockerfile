FROM debian:trixie-slim
# hadolint ignore=DL3002
USER root
RUN install-it
USER 0
CMD ["app"]
