FROM debian:trixie-slim
RUN apt-get update && apt-get install -y nginx
COPY <<EOF /etc/nginx/conf.d/app.conf
server {
    listen 8080;
    root /srv/app;
}
EOF
EXPOSE 8080
CMD ["nginx", "-g", "daemon off;"]
