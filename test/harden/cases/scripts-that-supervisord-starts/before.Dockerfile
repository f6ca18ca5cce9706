FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends supervisor
COPY <<'EOF' /etc/app.ini
[supervisord]
nodaemon=true
logfile=/dev/null
pidfile=/tmp/supervisord.pid
[program:web]
command=/usr/local/bin/web.sh
EOF
COPY --chmod=755 <<'EOF' /usr/local/bin/web.sh
#!/bin/sh
set -e
echo ready > /etc/web.state
exec python3 -m http.server 8000
EOF
CMD ["supervisord", "-c", "/etc/app.ini"]
