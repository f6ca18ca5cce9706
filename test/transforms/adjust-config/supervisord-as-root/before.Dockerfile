FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends supervisor nginx && rm -rf /var/lib/apt/lists/*
COPY <<'EOF' /etc/supervisord.conf
[supervisord]
nodaemon=true
user=root
[program:web]
command=nginx -g "daemon off;"
EOF
CMD ["supervisord", "-c", "/etc/supervisord.conf"]
