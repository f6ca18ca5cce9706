FROM nginx:latest
COPY <<EOF /etc/nginx/templates/app.conf.template
server {
    listen ${PORT};
    return 200 "mine";
}
EOF
COPY <<EOF /etc/nginx/templates/default.conf.template
server {
    listen 8081;
}
EOF
# harden-image: only root can switch users; its pid file cannot be in /run
RUN sed -i -E \
      -e '/^user +[^;]*; *$/d' \
      -e 's#^pid +[^;]*;#pid        /tmp/nginx.pid;#' \
      /etc/nginx/nginx.conf
# harden-image: the entrypoint renders /etc/nginx/templates into it; and more
RUN chown 101:101 /etc/nginx/conf.d /etc/nginx/conf.d/default.conf /var/cache/nginx
# harden-image: nginx (101:101), nginx switches to it in /etc/nginx/nginx.conf
USER 101:101
