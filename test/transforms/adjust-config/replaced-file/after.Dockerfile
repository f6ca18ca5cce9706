FROM nginx:1.29
COPY nginx.conf /etc/nginx/nginx.conf
# harden-image: listen above 1024 (default.conf said 80)
RUN sed -i -E 's/listen +80;/listen       8080;/' /etc/nginx/conf.d/default.conf
# harden-image: only root can switch to another user; /run is root's, and nginx does not start without its pid file
RUN sed -i -E -e '/^user +[^;]*; *$/d' -e 's#^pid +[^;]*;#pid        /tmp/nginx.pid;#' /etc/nginx/nginx.conf
# harden-image: /etc/nginx/conf.d (the entrypoint renders /etc/nginx/templates into it),
#   /etc/nginx/conf.d/default.conf (a default.conf.template replaces it), /run/nginx.pid (the pid file, where the
#   configuration names no other), /var/cache/nginx (caches, and temp folders of a configuration that does not move
#   them)
RUN mkdir -p /etc/nginx/conf.d /var/cache/nginx \
 && touch /etc/nginx/conf.d/default.conf /run/nginx.pid \
 && chown 101:101 /etc/nginx/conf.d /etc/nginx/conf.d/default.conf /run/nginx.pid /var/cache/nginx
EXPOSE 8080
# harden-image: nginx (101:101), the account that its vendor runs it as
USER 101:101
