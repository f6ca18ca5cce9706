ARG PHP=8.3
FROM php:${PHP}-fpm-alpine
RUN mkdir -p /var/www/html/storage
CMD ["php-fpm"]
