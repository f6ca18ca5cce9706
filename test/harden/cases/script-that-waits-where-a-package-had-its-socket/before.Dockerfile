FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends supervisor && rm -rf /var/lib/apt/lists/*
COPY <<'EOF' /etc/supervisor/conf.d/app.conf
[program:app]
command=/usr/local/bin/app
EOF
COPY --chmod=755 <<'EOF' /start.sh
#!/bin/sh
supervisord -c /etc/supervisor/supervisord.conf &
while ! test -e "/var/run/supervisor.sock" 2>/dev/null; do
  sleep 1
done
wait
EOF
COPY <<'EOF' /usr/local/bin/other.sh
#!/bin/sh
test -e /var/run/supervisor.socket || test -e /opt/var/run/supervisor.sock
EOF
CMD ["/start.sh"]
