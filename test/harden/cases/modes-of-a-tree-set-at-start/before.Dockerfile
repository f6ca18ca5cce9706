FROM php:8.3-apache
RUN curl -Lo /tmp/shop.zip https://example.com/shop.zip && unzip /tmp/shop.zip -d /var/www/html
COPY --chmod=755 <<"EOF" /start.sh
#!/bin/bash -e
chmod -R u=rwX,g=rX,o=rX /var/www/html
chown -R www-data:root /var/www/html
exec docker-php-entrypoint apache2-foreground
EOF
ENTRYPOINT ["/start.sh"]
