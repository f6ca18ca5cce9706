FROM debian:trixie-slim
COPY --chmod=755 <<EOF /entrypoint.sh
#!/bin/sh
if [ -n "\$WITH_JOBS" ]; then
  service cron start
fi
exec server
EOF
ENTRYPOINT ["/entrypoint.sh"]
