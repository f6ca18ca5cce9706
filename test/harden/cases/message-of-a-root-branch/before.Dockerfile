FROM debian:trixie-slim
COPY --chmod=755 <<'EOF' /start.sh
#!/bin/sh
if [ "$(id -u)" = 0 ]; then
  echo "starts as www-data" >&2
  date > /dev/null
  exec setpriv --reuid=33 --regid=33 --clear-groups "$@"
fi
exec "$@"
EOF
ENTRYPOINT ["/start.sh"]
CMD ["depot"]
