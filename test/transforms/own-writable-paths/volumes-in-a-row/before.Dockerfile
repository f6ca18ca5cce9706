FROM debian:trixie-slim
VOLUME /config
VOLUME /data
WORKDIR /srv
CMD ["app"]
