FROM debian:trixie-slim
RUN apt-get update && apt-get install -y supervisor cron
COPY <<EOF /etc/supervisor/conf.d/all.conf
[program:jobs]
command=/usr/sbin/cron -f
[program:web]
command=/srv/web
EOF
CMD ["supervisord", "-n"]
