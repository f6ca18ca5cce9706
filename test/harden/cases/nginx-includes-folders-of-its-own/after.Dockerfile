# What a configuration includes is configuration, whatever it is called; `stream` has a port that nothing exposes.
FROM nginx:1.29
COPY <<EOF /etc/nginx/nginx.conf
user nginx;
pid /run/nginx.pid;
events {}
stream {
    server { listen 853; proxy_pass 127.0.0.1:5353; }
}
http {
    include /srv/sites/*.vhost;
}
EOF
COPY <<EOF /srv/sites/shop.vhost
server {
    listen 80;
    listen [::]:80;
    return 301 https://shop.example\$request_uri;
}
EOF
# harden-image: listen above 1024 (shop.vhost and nginx.conf said 80, 853)
RUN sed -i -E \
      -e 's/listen 80;/listen 8080;/' \
      -e 's/listen \[::]:80;/listen [::]:8080;/' \
      /srv/sites/shop.vhost \
 && sed -i -E 's/server \{ listen 853;/server { listen 8853;/' /etc/nginx/nginx.conf
# harden-image: only root can switch users; its pid file cannot be in /run
RUN sed -i -E \
      -e '/^user +[^;]*; *$/d' \
      -e 's#^pid +[^;]*;#pid        /tmp/nginx.pid;#' \
      /etc/nginx/nginx.conf
# harden-image: caches and temp folders
RUN mkdir -p /var/cache/nginx \
 && chown 101:101 /var/cache/nginx
EXPOSE 8080
# harden-image: nginx (101:101), nginx switches to it in /etc/nginx/nginx.conf
USER 101:101
