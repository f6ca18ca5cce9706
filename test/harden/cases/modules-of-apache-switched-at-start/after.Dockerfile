FROM debian:trixie-slim
RUN apt-get update && apt-get install -y apache2
COPY --chmod=755 <<'EOF' /start.sh
#!/bin/sh
set -e
if [ -f /ssl/site.crt -a -f /ssl/site.key ]; then
  a2enmod ssl
else
  a2dismod ssl
fi
if [ "$SITE" = "new" ]; then a2ensite -q new; fi
a2enmod -l | grep rewrite
exec apache2ctl -DFOREGROUND
EOF
# harden-image: listen above 1024 (ports.conf and 000-default.conf said 80)
RUN sed -i -E 's/^Listen 80$/Listen 8080/' /etc/apache2/ports.conf \
 && sed -i -E 's/^<VirtualHost \*:80>/<VirtualHost *:8080>/' /etc/apache2/sites-available/000-default.conf
# harden-image: files in it are written by /start.sh line 4; and more
RUN mkdir -p /etc/apache2/mods-enabled /run/apache2 /var/lib/apache2/module /var/lib/apache2/site \
 && chown 33:33 \
      /etc/apache2/mods-enabled /etc/apache2/sites-enabled /run/apache2 /var/log/apache2 /var/log/apache2/access.log \
      /var/log/apache2/error.log /var/log/apache2/other_vhosts_access.log \
 && chown -Rh 33:33 /var/lib/apache2/module /var/lib/apache2/site
# harden-image: www-data (33:33)
USER 33:33
CMD ["/start.sh"]
