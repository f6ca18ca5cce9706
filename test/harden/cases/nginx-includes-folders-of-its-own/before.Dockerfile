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
