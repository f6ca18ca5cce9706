FROM debian:trixie-slim
RUN apt-get update && apt-get install -y nginx
COPY <<EOF /app/nginx.conf
events {}
http {
    server {
        listen 8080;
        root /app;
    }
}
EOF
# harden-image: package nginx (line 2): the pid file; and more
RUN touch /run/nginx.pid \
 && chown 33:33 /run/nginx.pid /var/lib/nginx
EXPOSE 8080
# harden-image: www-data (33:33), package nginx (line 2): the account of nginx
USER 33:33
CMD nginx -c /app/nginx.conf -g 'daemon off;'
