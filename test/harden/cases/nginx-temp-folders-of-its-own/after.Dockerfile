FROM nginx:latest
# harden-image: listen above 1024 (default.conf said 80)
RUN sed -i -E 's/listen +80;/listen       8080;/' /etc/nginx/conf.d/default.conf
# harden-image: only root can switch users; its pid file cannot be in /run
RUN sed -i -E \
      -e '/^user +[^;]*; *$/d' \
      -e 's#^pid +[^;]*;#pid        /tmp/nginx.pid;#' \
      /etc/nginx/nginx.conf
# harden-image: caches and temp folders; and more
RUN mkdir -p /var/lib/own/body /var/lib/own/proxy \
 && chown 101:101 /var/cache/nginx /var/lib/own/body /var/lib/own/proxy
EXPOSE 8080
# harden-image: nginx (101:101), nginx switches to it in /etc/nginx/nginx.conf
USER 101:101
