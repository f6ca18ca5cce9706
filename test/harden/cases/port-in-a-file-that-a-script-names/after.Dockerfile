# The start script gives the program its file, which says the port.
FROM debian:trixie-slim
COPY --chmod=755 <<"EOT" /usr/local/bin/start
#!/bin/sh
set -e
CONF=/opt/burrow/main.conf
exec /opt/gopher/bin/gopher -c "$CONF"
EOT
COPY <<"EOT" /opt/burrow/main.conf
[server]
port = 70
root = /opt/burrow/files
EOT
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: listen above 1024 (main.conf said 70)
RUN sed -i -E 's/port = 70\b/port = 8070/' /opt/burrow/main.conf
EXPOSE 8070
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
ENTRYPOINT ["/usr/local/bin/start"]
