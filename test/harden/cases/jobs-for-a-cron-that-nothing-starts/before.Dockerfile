FROM php:8-fpm
RUN set -ex; mkdir -p /var/spool/cron/crontabs; echo '* * * * * php /var/www/html/artisan schedule:run' > /var/spool/cron/crontabs/www-data
COPY --chmod=755 <<'EOF' /usr/local/bin/cron.sh
#!/bin/sh
exec busybox crond -f
EOF
CMD ["php-fpm"]
