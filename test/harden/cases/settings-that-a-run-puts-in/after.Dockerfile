FROM debian:trixie-slim
RUN apt-get update && apt-get install -y php8.4-fpm \
 && sed -i 's#^;access.log = .*#access.log = /var/log/fpm-access.log#' /etc/php/8.4/fpm/pool.d/www.conf \
 && echo 'error_log = /var/log/fpm.log' >> /etc/php/8.4/fpm/php-fpm.conf
# harden-image: named as access.log in RUN in line 2; and more
RUN touch /var/log/fpm-access.log /var/log/fpm.log /var/log/php8.4-fpm.log \
 && chown 33:33 /var/log/fpm-access.log /var/log/fpm.log /var/log/php8.4-fpm.log
EXPOSE 9000
# harden-image: www-data (33:33)
USER 33:33
CMD ["php-fpm8.4", "-F"]
