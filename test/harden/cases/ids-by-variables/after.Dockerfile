# harden-image: decide: PUID and PGID have no effect now: /entrypoint.sh changes to such an id only as root, and it starts as app (1000:1000)
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
# harden-image: app (1000:1000), created by this Dockerfile
USER 1000:1000
ENTRYPOINT ["/entrypoint.sh"]
CMD ["sleep", "infinity"]
