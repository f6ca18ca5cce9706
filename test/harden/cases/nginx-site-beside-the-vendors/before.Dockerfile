# Both stay on one port, as before.
FROM nginx:1.29
COPY <<EOF /etc/nginx/conf.d/shop.conf
server {
    listen 80;
    server_name shop.example;
    return 200 "mine";
}
EOF
