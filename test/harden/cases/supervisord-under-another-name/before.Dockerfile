FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends supervisor
WORKDIR /srv/app
COPY <<'EOF' /srv/app/jobs.conf
[supervisord]
user=root
[program:jobs]
user=www-data
command=python3 jobs.py
EOF
COPY <<'EOF' /srv/app/users.conf
[account]
user=root
EOF
COPY --chmod=755 <<'EOF' /srv/app/start.sh
#!/bin/sh
if [ "$JOBS" != no ]; then
  supervisord -c jobs.conf
fi
exec python3 app.py
EOF
CMD ["./start.sh"]
