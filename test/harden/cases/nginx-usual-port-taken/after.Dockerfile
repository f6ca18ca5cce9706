# A second server on 8080 would be the first that answers there.
FROM nginx:1.29
COPY <<EOF /etc/nginx/conf.d/site.conf
server {
    listen 8080;
    return 200 "mine";
}
EOF
# harden-image: listen above 1024 (default.conf said 80)
RUN sed -i -E 's/listen +80;/listen       8081;/' /etc/nginx/conf.d/default.conf
# harden-image: only root can switch users; its pid file cannot be in /run
RUN sed -i -E \
      -e '/^user +[^;]*; *$/d' \
      -e 's#^pid +[^;]*;#pid        /tmp/nginx.pid;#' \
      /etc/nginx/nginx.conf
# harden-image: caches and temp folders
RUN mkdir -p /var/cache/nginx \
 && chown 101:101 /var/cache/nginx
EXPOSE 8080
EXPOSE 8081
# harden-image: nginx (101:101), the account that its vendor runs it as
USER 101:101
