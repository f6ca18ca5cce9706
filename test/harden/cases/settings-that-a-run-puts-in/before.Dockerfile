FROM debian:trixie-slim
RUN apt-get update && apt-get install -y php8.4-fpm \
 && sed -i 's#^;access.log = .*#access.log = /var/log/fpm-access.log#' /etc/php/8.4/fpm/pool.d/www.conf \
 && echo 'error_log = /var/log/fpm.log' >> /etc/php/8.4/fpm/php-fpm.conf
EXPOSE 9000
CMD ["php-fpm8.4", "-F"]
