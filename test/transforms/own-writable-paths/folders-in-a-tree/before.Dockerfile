FROM php:8.4-cli
WORKDIR /srv/shop
COPY <<EOF composer.json
{ "require": { "laravel/framework": "^12.0" } }
EOF
RUN mkdir -p storage/logs bootstrap/cache && chmod 750 storage/logs
RUN php artisan optimize
CMD ["php", "artisan", "serve"]
