FROM nginx:1.29
COPY nginx.conf /etc/nginx/nginx.conf
# harden-image: listen above 1024 (default.conf said 80)
RUN sed -i -E 's/listen +80;/listen       8080;/' /etc/nginx/conf.d/default.conf
# harden-image: only root can switch to another user; and 1 more reason
RUN sed -i -E -e '/^user +[^;]*; *$/d' -e 's#^pid +[^;]*;#pid        /tmp/nginx.pid;#' /etc/nginx/nginx.conf
# harden-image: write access to /etc/nginx/conf.d, /etc/nginx/conf.d/default.conf, /run/nginx.pid …
RUN mkdir -p /etc/nginx/conf.d /var/cache/nginx \
 && touch /etc/nginx/conf.d/default.conf /run/nginx.pid \
 && chown 101:101 /etc/nginx/conf.d /etc/nginx/conf.d/default.conf /run/nginx.pid /var/cache/nginx
EXPOSE 8080
# harden-image: nginx (101:101), the account that its vendor runs it as
USER 101:101
