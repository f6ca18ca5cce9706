FROM debian:trixie-slim
RUN apt-get update && apt-get install -y supervisor
COPY <<EOT /etc/supervisor/supervisord.conf
[unix_http_server]
file=/run/app/supervisor.sock
chmod=0770
chown=root:www-data

[supervisord]
nodaemon=true
user=root
logfile=/dev/null
logfile_maxbytes=0

[program:app]
command=/usr/bin/app
user=www-data
EOT
CMD ["supervisord", "-c", "/etc/supervisor/supervisord.conf"]
