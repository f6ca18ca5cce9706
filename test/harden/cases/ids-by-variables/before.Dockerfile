FROM alpine:3.22
RUN apk add --no-cache shadow su-exec && adduser -D -u 1000 app
COPY --chmod=755 <<'EOF' /entrypoint.sh
#!/bin/sh
set -e
if [ "$(id -u)" = 0 ]; then
  usermod -o -u "${PUID:-1000}" app
  groupmod -o -g "$PGID" app
  exec su-exec app "$@"
fi
exec "$@"
EOF
ENTRYPOINT ["/entrypoint.sh"]
CMD ["sleep", "infinity"]
