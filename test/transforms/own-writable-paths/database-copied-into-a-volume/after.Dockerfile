FROM debian:trixie-slim
# harden-image: declared by VOLUME
RUN mkdir -p /data \
 && chown 10001:10001 /data
VOLUME /data
# harden-image: a database in what is declared by VOLUME
COPY --chown=10001:10001 <<EOF /data/seed.db
EOF
COPY --chown=33:33 <<EOF /data/given.db
EOF
COPY <<EOF /data/index.html
EOF
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
RUN chown 10001:10001 /data/given.db
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["/app/run"]
