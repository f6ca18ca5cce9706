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
CMD ["./start.sh"]
