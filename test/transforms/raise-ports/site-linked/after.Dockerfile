FROM debian:trixie-slim
RUN apt-get update && apt-get install -y nginx
COPY <<EOF /etc/nginx/sites-available/shop
server {
    listen 80;
    root /srv/shop;
}
EOF
RUN ln -s /etc/nginx/sites-available/shop /etc/nginx/sites-enabled/ && rm /etc/nginx/sites-enabled/default
# harden-image: listen above 1024 (shop said 80)
RUN sed -i -E 's/listen 80;/listen 8080;/' /etc/nginx/sites-available/shop
# harden-image: package nginx (line 2): the pid file; and more
RUN touch /run/nginx.pid \
 && chown 33:33 /run/nginx.pid /var/lib/nginx
EXPOSE 8080
# harden-image: www-data (33:33), package nginx (line 2): the account of nginx
USER 33:33
CMD ["nginx", "-g", "daemon off;"]
