ARG DISTRO=alpine
FROM php:8.3-fpm-${DISTRO}
RUN mkdir -p /var/www/html/storage
CMD ["php-fpm"]
