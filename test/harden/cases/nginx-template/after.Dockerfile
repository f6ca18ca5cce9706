# The entrypoint writes it over default.conf at each start.
FROM nginx:1.29
COPY <<EOF /etc/nginx/templates/default.conf.template
server {
    listen 80;
    server_name ${NGINX_HOST};
    return 200 "mine";
}
EOF
# harden-image: listen above 1024 (default.conf.template said 80)
RUN sed -i -E 's/listen 80;/listen 8080;/' /etc/nginx/templates/default.conf.template
# harden-image: only root can switch users; its pid file cannot be in /run
RUN sed -i -E \
      -e '/^user +[^;]*; *$/d' \
      -e 's#^pid +[^;]*;#pid        /tmp/nginx.pid;#' \
      /etc/nginx/nginx.conf
# harden-image: the entrypoint renders /etc/nginx/templates into it; and more
RUN mkdir -p /etc/nginx/conf.d /var/cache/nginx \
 && touch /etc/nginx/conf.d/default.conf \
 && chown 101:101 /etc/nginx/conf.d /etc/nginx/conf.d/default.conf /var/cache/nginx
EXPOSE 8080
# harden-image: nginx (101:101), the account that its vendor runs it as
USER 101:101
