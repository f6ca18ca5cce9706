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
CMD ["/start.sh"]
