# What comes out of an image that nobody has looked into writes where nobody knows, whatever it is put on top of.
FROM debian:trixie-slim
COPY --from=registry.example/team/server:1 /usr/local/bin/server /usr/local/bin/server
WORKDIR /srv/app
COPY . .
CMD ["server"]
