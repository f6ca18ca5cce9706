FROM debian:trixie-slim
COPY app /usr/local/bin/app
COPY app.d /root/.app/
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: refused to the user without this
RUN chmod 711 /root
# harden-image: found by the home of whoever runs it
RUN mkdir -p /home/app/.app \
 && cp -p /root/.app/config /home/app/.app/config \
 && chown 10001:10001 /home/app/.app /home/app/.app/config
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["app"]
