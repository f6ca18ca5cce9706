FROM nginx
COPY <<EOF /etc/nginx/nginx.conf
events {}
http {
  # server { is not here, and no conf.d/x.conf either
  server {
    location / { return 200; }
  }
  server { server_name b.example; }
}
EOF
