# PHP-FPM does not start where it cannot open the slow log.
FROM debian:trixie-slim
RUN apt-get update && apt-get install -y php8.4-fpm
COPY <<EOF /etc/php/8.4/fpm/pool.d/www.conf
[www]
user = www-data
group = www-data
listen = 9000
pm = static
pm.max_children = 2
slowlog = /var/log/php-slow.log
request_slowlog_timeout = 5s
EOF
# harden-image: named as slowlog in www.conf line 7; and more
RUN touch /var/log/php-slow.log /var/log/php8.4-fpm.log \
 && chown 33:33 /var/log/php-slow.log /var/log/php8.4-fpm.log
EXPOSE 9000
# harden-image: www-data (33:33), php-fpm switches to it in www.conf
USER 33:33
CMD ["php-fpm8.4", "-F"]
