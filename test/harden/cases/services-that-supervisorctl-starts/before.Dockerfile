FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends supervisor cron
COPY <<'EOF' /etc/supervisor/supervisord.conf
[supervisord]
nodaemon=true
logfile=/dev/null
pidfile=/tmp/supervisord.pid
[program:start]
command=/usr/local/bin/start.sh
autorestart=false
[program:cron]
command=/usr/sbin/cron -f
autostart=false
EOF
COPY --chmod=755 <<'EOF' /usr/local/bin/start.sh
#!/bin/sh
for service in $SERVICES; do
  supervisorctl start "$service"
done
EOF
CMD ["supervisord", "-c", "/etc/supervisor/supervisord.conf"]
