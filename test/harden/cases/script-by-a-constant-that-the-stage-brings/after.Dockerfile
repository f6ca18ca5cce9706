FROM debian:trixie-slim AS there
WORKDIR /app
COPY <<"EOT" deploy/pre.sh
echo "mode=on" > /var/lib/app/mode
EOT
COPY --chmod=755 <<"EOT" start.sh
#!/bin/sh
set -e
PRE=deploy/pre.sh
if [ -f $PRE ]; then
    . $PRE
fi
exec server
EOT
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: written by /app/deploy/pre.sh line 1
RUN mkdir -p /var/lib/app \
 && touch /var/lib/app/mode \
 && chown 10001:10001 /var/lib/app/mode
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["./start.sh"]

FROM debian:trixie-slim AS told
WORKDIR /app
COPY <<"EOT" deploy/pre.sh
echo "mode=on" > /etc/app.mode
EOT
COPY --chmod=755 <<"EOT" start.sh
#!/bin/sh
set -e
if [ -n "$PREPARE" ]; then
    . deploy/pre.sh
fi
exec server
EOT
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
USER 10001:10001
CMD ["./start.sh"]
