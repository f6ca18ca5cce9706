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
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: written by /usr/local/bin/web.sh line 3
RUN touch /etc/web.state \
 && chown 10001:10001 /etc/web.state
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["supervisord", "-c", "/etc/app.ini"]
