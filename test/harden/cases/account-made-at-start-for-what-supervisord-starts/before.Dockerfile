FROM debian:trixie-slim
RUN apt-get update && apt-get install -y supervisor gunicorn
COPY <<EOF /srv/supervisord.conf
[supervisord]
nodaemon=true

[program:web]
command=gunicorn club.wsgi --user judge --group club --bind 127.0.0.1:8080

[program:jobs]
command=setpriv --reuid judge --regid club --clear-groups python3 /srv/jobs.py
EOF
COPY --chmod=755 <<EOF /start.sh
#!/bin/sh
mkdir -p /data
addgroup --gid 903 club
adduser --system --uid 900 --ingroup club judge
chown -R judge:club /data
exec supervisord -c /srv/supervisord.conf
EOF
CMD ["/start.sh"]
