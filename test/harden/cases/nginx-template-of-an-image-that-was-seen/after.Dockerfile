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
# harden-image: only root can switch to another user; and 2 more reasons
RUN sed -i -E -e '/^user +[^;]*; *$/d' -e 's#^pid +[^;]*;#pid        /tmp/nginx.pid;#' -e 's#^http *\{ *$#http { client_body_temp_path /tmp/client_temp; proxy_temp_path /tmp/proxy_temp; fastcgi_temp_path /tmp/fastcgi_temp; uwsgi_temp_path /tmp/uwsgi_temp; scgi_temp_path /tmp/scgi_temp;#' /etc/nginx/nginx.conf
# harden-image: write access to /etc/nginx/conf.d, /etc/nginx/conf.d/default.conf, /var/cache/nginx
RUN chown 101:101 /etc/nginx/conf.d /etc/nginx/conf.d/default.conf /var/cache/nginx
# harden-image: nginx (101:101), nginx switches to it in /etc/nginx/nginx.conf
USER 101:101
