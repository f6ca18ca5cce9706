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
EXPOSE 8080
CMD nginx -c /app/nginx.conf -g 'daemon off;'
