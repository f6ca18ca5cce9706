FROM php:8.4-cli
WORKDIR /srv/shop
COPY <<EOF composer.json
{ "require": { "laravel/framework": "^12.0" } }
EOF
RUN mkdir -p storage/logs bootstrap/cache && chmod 750 storage/logs
RUN php artisan optimize
# harden-image: Laravel (/srv/shop/composer.json) keeps the cached …
RUN chown -Rh 33:33 /srv/shop/bootstrap/cache /srv/shop/storage
# harden-image: www-data (33:33), the account that its vendor runs it as
USER 33:33
CMD ["php", "artisan", "serve"]
