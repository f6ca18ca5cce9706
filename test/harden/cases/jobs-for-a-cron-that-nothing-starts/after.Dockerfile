FROM php:8-fpm
RUN set -ex; mkdir -p /var/spool/cron/crontabs; echo '* * * * * php /var/www/html/artisan schedule:run' > /var/spool/cron/crontabs/www-data
COPY --chmod=755 <<'EOF' /usr/local/bin/cron.sh
#!/bin/sh
exec busybox crond -f
EOF
# harden-image: www-data (33:33), the account that its vendor runs it as
USER 33:33
CMD ["php-fpm"]
