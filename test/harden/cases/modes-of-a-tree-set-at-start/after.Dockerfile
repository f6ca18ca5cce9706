FROM php:8.3-apache
RUN curl -Lo /tmp/shop.zip https://example.com/shop.zip && unzip /tmp/shop.zip -d /var/www/html
COPY --chmod=755 <<"EOF" /start.sh
#!/bin/bash -e
chmod -R u=rwX,g=rX,o=rX /var/www/html
chown -R www-data:root /var/www/html
exec docker-php-entrypoint apache2-foreground
EOF
# harden-image: listen above 1024 (ports.conf and 000-default.conf said 80)
RUN sed -i -E 's/^Listen 80$/Listen 8080/' /etc/apache2/ports.conf \
 && sed -i -E 's/^<VirtualHost \*:80>/<VirtualHost *:8080>/' /etc/apache2/sites-available/000-default.conf
# harden-image: only root can chown, and the script ends when it fails
RUN sed -i -E \
      's#chown -R www-data:root /var/www/html#{ [ "$(id -u)" != 0 ] || chown -R www-data:root /var/www/html; }#' \
      /start.sh
# harden-image: given another mode by /start.sh at start
RUN mkdir -p /var/www/html \
 && chown -Rh 33:33 /var/www/html
EXPOSE 8080
# harden-image: www-data (33:33), the account that its vendor runs it as
USER 33:33
ENTRYPOINT ["/start.sh"]
