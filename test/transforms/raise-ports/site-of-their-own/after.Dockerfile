FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends apache2 \
 && a2enmod ssl && a2dissite 000-default \
 && echo 'ServerName localhost' >> /etc/apache2/apache2.conf
COPY <<EOF /etc/apache2/sites-available/shop.conf
<VirtualHost *:80>
</VirtualHost>
<VirtualHost *:443>
</VirtualHost>
EOF
COPY <<EOF /etc/apache2/sites-available/off.conf
<VirtualHost *:80>
</VirtualHost>
EOF
RUN a2ensite shop
# harden-image: listen above 1024 (shop.conf and ports.conf said 80, 443)
RUN sed -i -E \
      -e 's/<VirtualHost \*:80>/<VirtualHost *:8080>/' \
      -e 's/<VirtualHost \*:443>/<VirtualHost *:8443>/' \
      /etc/apache2/sites-available/shop.conf \
 && sed -i -E \
      -e 's/^Listen 80$/Listen 8080/' \
      -e 's/^([[:space:]]*)Listen 443$/\1Listen 8443/' \
      /etc/apache2/ports.conf
# harden-image: package apache2 (line 2): pid file and sockets; and more
RUN mkdir -p /run/apache2 \
 && chown 33:33 \
      /run/apache2 /var/log/apache2 /var/log/apache2/access.log /var/log/apache2/error.log \
      /var/log/apache2/other_vhosts_access.log
EXPOSE 8080 8443
# harden-image: www-data (33:33)
USER 33:33
CMD ["apache2ctl", "-DFOREGROUND"]
