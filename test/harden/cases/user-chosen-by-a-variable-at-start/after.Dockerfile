# harden-image: decide: LOCAL_UID and LOCAL_GID have no effect now: /start.sh changes to such an id only as root, and it starts as 10005:10005
FROM alpine:3.20
RUN apk add --no-cache su-exec && mkdir /data
COPY <<'EOF' /start.sh
#!/bin/sh
LUID=${LOCAL_UID:-10005}
if [ "$(id -u)" = 0 ]; then
  chown -R "$LUID:${LOCAL_GID:-10005}" /data
  exec su-exec "$LUID" "$0" "$@"
fi
exec "$@"
EOF
# harden-image: declared by VOLUME
RUN chown 10005:10005 /data
VOLUME /data
# harden-image: 10005:10005, a bare uid, which needs no account
USER 10005:10005
ENTRYPOINT ["/start.sh"]
CMD ["server"]
