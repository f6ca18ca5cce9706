FROM php:8.3-fpm
RUN echo 'listen = /run/php/app.sock' >> /usr/local/etc/php-fpm.d/zz-docker.conf
# harden-image: named as listen in RUN in line 2
RUN mkdir -p /run/php \
 && chown 33:33 /run/php
# harden-image: www-data (33:33), the account that its vendor runs it as
USER 33:33
CMD ["php-fpm"]
