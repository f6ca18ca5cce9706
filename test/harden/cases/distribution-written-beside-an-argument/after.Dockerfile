ARG PHP=8.3
FROM php:${PHP}-fpm-alpine
RUN mkdir -p /var/www/html/storage \
# harden-image: empty, there to be filled
 && chown 82:82 /var/www/html/storage
# harden-image: www-data (82:82), the account that its vendor runs it as
USER 82:82
CMD ["php-fpm"]
