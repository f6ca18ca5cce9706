# The script says 80 where nobody sets HTTP_PORT; the backend's port is somebody else's.
FROM debian:trixie-slim
COPY --chmod=755 <<"EOT" /usr/local/bin/start
#!/bin/sh
set -e
exec /opt/edge -a http=:${HTTP_PORT:-80},HTTP --to "http://${BACKEND:-web}:${WEB_PORT:-80}"
EOT
COPY edge /opt/edge
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
EXPOSE 8080
# harden-image: listen above 1024 (a start script says 80 without it)
ENV HTTP_PORT=8080
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
ENTRYPOINT ["/usr/local/bin/start"]
