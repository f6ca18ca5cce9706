FROM php:8.3-fpm
RUN echo 'listen = /run/php/app.sock' >> /usr/local/etc/php-fpm.d/zz-docker.conf
CMD ["php-fpm"]
