# The text of `CMD /start.sh` reads like the path of the script that it starts, which is another one.
FROM debian:trixie-slim
RUN apt-get update && apt-get install -y nginx-light php8.4-fpm
COPY <<EOF /etc/nginx/sites-available/default
server {
    listen 80 default_server;
    listen [::]:80 default_server;
    root /var/www/html;
}
EOF
COPY --chmod=755 <<'EOF' /start.sh
#!/bin/bash
# Nobody knows the folders of a package, but this one is there.
sed -i "s/memory_limit = .*/memory_limit = ${PHP_MEM:-256M}/" /etc/php/8.4/fpm/php.ini
php-fpm8.4 -F &
nginx -g 'daemon off;' &
wait -n
EOF
# harden-image: listen above 1024 (default said 80)
RUN sed -i -E \
      -e 's/listen 80\b/listen 8080/' \
      -e 's/listen \[::]:80\b/listen [::]:8080/' \
      /etc/nginx/sites-available/default
# harden-image: written by /start.sh line 3; and more
RUN mkdir -p /etc/php/8.4/fpm \
 && touch /run/nginx.pid /var/log/php8.4-fpm.log \
 && chown 33:33 /etc/php/8.4/fpm /run/nginx.pid /var/lib/nginx /var/log/php8.4-fpm.log
EXPOSE 8080
# harden-image: www-data (33:33)
USER 33:33
CMD /start.sh
