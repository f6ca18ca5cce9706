FROM debian:trixie-slim
COPY --chown=1000:1000 x /srv/x/
RUN mkdir -p /srv/state && chown 1000:1000 /srv/state
# harden-image: app (1000:1000): handed to 1000 by RUN in line 3
RUN groupadd --gid 1000 app \
 && useradd --no-log-init --uid 1000 --gid 1000 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: app (1000:1000), numeric, so that Kubernetes can check it
USER 1000:1000
ENTRYPOINT ["/srv/x/server"]
