FROM alpine:3.20
ENV RUN_AS=web
RUN apk add --no-cache su-exec && adduser -D -u 1500 web && mkdir /data
COPY <<'EOF' /start.sh
#!/bin/sh
OWNER=$(stat -c %u /data)
chown -R "$OWNER" /data
exec su-exec "$RUN_AS" "$@"
EOF
# harden-image: it starts as web already, and only root can run su-exec
RUN sed -i -E 's/exec su-exec "\$RUN_AS" "\$@"/exec "$@"/' /start.sh
# harden-image: made by RUN in line 3
RUN chown 1500:1500 /data
# harden-image: web (1500:1500), created by this Dockerfile
USER 1500:1500
ENTRYPOINT ["/start.sh"]
CMD ["server"]
