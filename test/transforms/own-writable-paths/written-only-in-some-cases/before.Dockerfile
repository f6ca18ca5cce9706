FROM debian:trixie-slim
COPY <<EOF /srv/app/app.conf
EOF
COPY --chmod=755 <<EOF /start.sh
#!/bin/sh
mkdir -p /var/cache/app
date > /var/cache/app/started
echo started | tee /dev/null > /tmp/started
[ -n "\$DEBUG" ] && echo debug >> /srv/app/app.conf
if [ "\$(id -u)" = 0 ]; then
  sed -i 's/a/b/' /srv/app/app.conf
fi
date > /srv/files/started
exec app
EOF
VOLUME /srv/files
CMD ["/start.sh"]
