FROM debian:trixie-slim
COPY <<EOF /srv/app/db/main.db
EOF
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: named by the arguments --db /srv/app/db/main.db
RUN chown 10001:10001 /srv/app/db /srv/app/db/main.db
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["server", "--db", "/srv/app/db/main.db", "--config", "/srv/app/db/server.conf"]
