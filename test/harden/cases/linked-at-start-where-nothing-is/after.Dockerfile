# harden-image: decide: PUID has no effect now: /start.sh changes to such an id only as root, and it starts as node (1000:1000)
FROM debian:trixie-slim
RUN useradd --uid 1000 node
COPY <<EOF /app/server.js
EOF
COPY --chmod=755 <<'EOF' /start.sh
#!/bin/sh
set -e
[ ! -d "/app/config" ] && ln -s /config /app/config
if ! chown -R "$PUID" /app/config 2>/dev/null; then
  echo "could not chown /app/config"
fi
mkdir -p /app/config/logs
while ! chgrp audio /dev/snd; do sleep 1; done
exec node /app/server.js
EOF
# harden-image: handed over by /start.sh at start
RUN chgrp 1000 /app \
 && chmod 1775 /app
# harden-image: node (1000:1000), created by this Dockerfile
USER 1000:1000
CMD ["/start.sh"]
