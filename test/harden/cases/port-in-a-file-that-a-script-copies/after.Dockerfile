# What the start script only copies is the configuration of nobody that it starts.
FROM debian:trixie-slim
COPY --chmod=755 <<"EOT" /usr/local/bin/start
#!/bin/sh
set -e
cp /opt/burrow/main.conf /tmp/shown.txt
exec /opt/gopher/bin/gopher
EOT
COPY <<"EOT" /opt/burrow/main.conf
[server]
port = 70
root = /opt/burrow/files
EOT
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
EXPOSE 70
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
ENTRYPOINT ["/usr/local/bin/start"]
