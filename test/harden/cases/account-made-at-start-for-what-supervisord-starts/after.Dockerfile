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
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: its log would be written where it starts, which is root's
RUN sed -i -E 's#^\[supervisord\][[:space:]]*$#&\nlogfile=/tmp/supervisord.log#' /srv/supervisord.conf \
 && sed -i -E 's#^\[supervisord\][[:space:]]*$#&\npidfile=/tmp/supervisord.pid#' /srv/supervisord.conf
# harden-image: it starts as judge already
RUN sed -i -E \
      -e 's/gunicorn club\.wsgi --user judge --group club --bind 127\.0\.0\.1:8080/gunicorn club.wsgi --bind 127.0.0.1:8080/' \
      -e 's#setpriv --reuid judge --regid club --clear-groups python3 /srv/jobs\.py#python3 /srv/jobs.py#' \
      /srv/supervisord.conf
# harden-image: made by /start.sh at start
RUN install -d -o 10001 -g 10001 /data
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["/start.sh"]
