FROM debian:trixie-slim
RUN useradd -u 1500 app
USER app
RUN ./configure
USER root
# harden-image: declared by VOLUME
RUN mkdir -p /data \
 && chown 1500:1500 /data
VOLUME /data
# harden-image: app (1500:1500), this Dockerfile's user before it is root again
USER 1500:1500
CMD ["app"]
