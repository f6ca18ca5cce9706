FROM alpine:3.20
ENV RUN_AS=web
RUN apk add --no-cache su-exec && adduser -D -u 1500 web && mkdir /data
COPY <<'EOF' /start.sh
#!/bin/sh
OWNER=$(stat -c %u /data)
chown -R "$OWNER" /data
exec su-exec "$RUN_AS" "$@"
EOF
ENTRYPOINT ["/start.sh"]
CMD ["server"]
