# What comes out of an image that nobody has looked into writes where nobody knows, whatever it is put on top of.
FROM debian:trixie-slim
COPY --from=registry.example/team/server:1 /usr/local/bin/server /usr/local/bin/server
WORKDIR /srv/app
COPY . .
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["server"]
