# Nothing is left that listens on the port that the base image exposes.
FROM nginx:alpine
COPY <<"EOF" /etc/nginx/conf.d/default.conf
server { listen 8081; location / { root /srv; } }
EOF
# harden-image: only root can switch to another user; and 2 more reasons
RUN sed -i -E -e '/^user +[^;]*; *$/d' -e 's#^pid +[^;]*;#pid        /tmp/nginx.pid;#' -e 's#^http *\{ *$#http { client_body_temp_path /tmp/client_temp; proxy_temp_path /tmp/proxy_temp; fastcgi_temp_path /tmp/fastcgi_temp; uwsgi_temp_path /tmp/uwsgi_temp; scgi_temp_path /tmp/scgi_temp;#' /etc/nginx/nginx.conf
# harden-image: write access to /etc/nginx/conf.d, /var/cache/nginx
RUN mkdir -p /var/cache/nginx \
 && chown 101:101 /etc/nginx/conf.d /var/cache/nginx
# harden-image: nginx (101:101), the account that its vendor runs it as
USER 101:101
