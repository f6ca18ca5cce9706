FROM debian:trixie-slim
WORKDIR /srv/app
COPY <<EOF etc/app.conf
workers = auto
EOF
COPY <<EOF public/config.js
EOF
COPY --chmod=755 <<EOF /start.sh
#!/bin/sh
set -e
echo "window.api = '\$API'" > public/config.js
sed -i "s/auto/\$WORKERS/" /srv/app/etc/app.conf
exec app
EOF
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: written by /start.sh lines 4 and 3
RUN chown 10001:10001 /srv/app/etc /srv/app/public/config.js
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["/start.sh"]
