FROM debian:trixie-slim
ARG UID=1500
ARG GID=1501
RUN groupadd -g ${GID} app && useradd -u ${UID} -g app app
# harden-image: app (1500:1501), created by this Dockerfile
USER ${UID}:${GID}
CMD ["app"]
