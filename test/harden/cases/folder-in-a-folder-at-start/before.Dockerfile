FROM debian:trixie-slim
RUN mkdir -p /srv/shop/logs
COPY --chmod=755 <<"EOF" /start.sh
#!/bin/sh
set -e
chown -R www-data /srv/shop
chown -R www-data /srv/shop/logs
UMASK=0 usermod -u 1000 www-data
usermod -u 1000 www-data
exec python3 -m http.server 8000
EOF
CMD ["/start.sh"]
