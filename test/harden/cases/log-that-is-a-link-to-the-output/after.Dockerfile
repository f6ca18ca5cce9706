FROM nginx:1.27
COPY <<"CONF" /etc/nginx/nginx.conf
error_log /var/log/nginx/error.log warn;
pid /run/nginx.pid;
events {}
http {
  access_log /var/log/nginx/access.log;
  server {
    listen 8080;
    access_log /var/log/nginx/site.log;
  }
}
CONF
# harden-image: its pid file cannot be in /run
RUN sed -i -E 's#^pid +[^;]*;#pid        /tmp/nginx.pid;#' /etc/nginx/nginx.conf
# harden-image: caches and temp folders; and more
RUN mkdir -p /var/log/nginx /var/cache/nginx \
 && touch /var/log/nginx/site.log \
 && chown 101:101 /var/cache/nginx /var/log/nginx/site.log
# harden-image: nginx (101:101), the account that its vendor runs it as
USER 101:101
