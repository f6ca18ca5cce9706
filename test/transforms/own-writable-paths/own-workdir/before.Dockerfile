FROM debian:trixie-slim
WORKDIR /srv/app
CMD ["app"]
