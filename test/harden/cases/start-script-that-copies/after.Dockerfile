FROM debian:trixie-slim
WORKDIR /opt/app
COPY <<EOT config.sample.ini
x = 1
EOT
COPY --chmod=755 <<EOT start.sh
#!/bin/sh
[ -f config.ini ] || cp config.sample.ini config.ini
ln -sf /opt/app/config.ini /opt/app/current.ini
touch /var/log/app.log
mkdir -p /var/cache/app
cp -r defaults/. /srv/live/
exec app
EOT
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: written by /opt/app/start.sh lines 2 and 4; and more
RUN mkdir -p /srv/live /var/cache/app \
 && touch /var/log/app.log \
 && chown 10001:10001 /srv/live /var/cache/app /var/log/app.log \
 && chgrp 10001 /opt/app \
 && chmod 1775 /opt/app
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["./start.sh"]
