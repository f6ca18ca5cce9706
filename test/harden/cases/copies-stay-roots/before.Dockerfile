FROM debian:trixie-slim
WORKDIR /srv/app
COPY . .
CMD ["./app"]
