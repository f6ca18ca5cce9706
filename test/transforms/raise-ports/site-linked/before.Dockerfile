FROM debian:trixie-slim
RUN apt-get update && apt-get install -y nginx
COPY <<EOF /etc/nginx/sites-available/shop
server {
    listen 80;
    root /srv/shop;
}
EOF
RUN ln -s /etc/nginx/sites-available/shop /etc/nginx/sites-enabled/ && rm /etc/nginx/sites-enabled/default
EXPOSE 80
CMD ["nginx", "-g", "daemon off;"]
