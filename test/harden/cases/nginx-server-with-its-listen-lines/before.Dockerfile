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
