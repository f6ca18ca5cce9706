# harden-image: decide: server runs without root, and what is started before it does not: postfix (/start.sh line 4) refuses to start as anybody but root, runs its parts as several users and delivers mail as its recipient
FROM debian:trixie-slim
RUN apt-get update && apt-get install -y postfix python3
COPY --chmod=755 <<EOF /start.sh
#!/bin/sh
set -e
# for password resets
/usr/sbin/postfix start
if [ -n "\$TLS" ]; then
  exec /usr/local/bin/server --tls
fi
exec /usr/local/bin/server --data /srv/data
EOF
# harden-image: app (10001:10001): postfix may bring its own account
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: declared by VOLUME
RUN install -d -o 10001 -g 10001 /srv/data
VOLUME /srv/data
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
ENTRYPOINT ["/start.sh"]
