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
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["supervisord", "-c", "/etc/supervisor/supervisord.conf"]
