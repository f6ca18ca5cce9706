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
VOLUME /srv/data
ENTRYPOINT ["/start.sh"]
