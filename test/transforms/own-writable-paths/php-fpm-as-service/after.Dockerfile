FROM debian:trixie-slim
RUN apt-get update && apt-get install -y php8.4-fpm nginx
# harden-image: listen above 1024 (default said 80)
RUN sed -i -E \
      's/^([[:space:]]*listen[[:space:]]+(\[::\]:)?)80([[:space:]]+default_server;)/\18081\3/' \
      /etc/nginx/sites-available/default
# harden-image: package nginx (line 2): the pid file; and more
RUN touch /run/nginx.pid /var/log/php8.4-fpm.log \
 && chown 33:33 /run/nginx.pid /var/lib/nginx /var/log/php8.4-fpm.log
EXPOSE 8080
# harden-image: www-data (33:33), package nginx (line 2): the account of nginx
USER 33:33
CMD service php8.4-fpm start && nginx -g 'daemon off;'
