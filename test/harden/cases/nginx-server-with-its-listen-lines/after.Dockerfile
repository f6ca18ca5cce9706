FROM nginx
COPY <<EOF /etc/nginx/nginx.conf
events {}
http {
  server {
    listen 8080;
    location / { return 200; }
  }
}
EOF
# harden-image: the pid file, where the configuration names no other; and more
RUN mkdir -p /var/cache/nginx \
 && touch /run/nginx.pid \
 && chown 101:101 /run/nginx.pid /var/cache/nginx
# harden-image: nginx (101:101), the account that its vendor runs it as
USER 101:101
