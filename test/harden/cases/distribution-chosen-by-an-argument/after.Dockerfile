ARG DISTRO=alpine
FROM php:8.3-fpm-${DISTRO}
RUN mkdir -p /var/www/html/storage
# harden-image: empty, there to be filled
RUN chown www-data: /var/www/html/storage
# harden-image: www-data, the account that its vendor runs it as
USER www-data
CMD ["php-fpm"]
