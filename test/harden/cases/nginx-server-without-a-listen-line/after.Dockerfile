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
# harden-image: listen above 1024 (nginx.conf said 80)
RUN sed -i -E 's/^([^#]*[[:space:];{])?server[[:space:]]*\{/&\n    listen 8080;/' /etc/nginx/nginx.conf
# harden-image: the pid file, where the configuration names no other; and more
RUN mkdir -p /var/cache/nginx \
 && touch /run/nginx.pid \
 && chown 101:101 /run/nginx.pid /var/cache/nginx
EXPOSE 8080
# harden-image: nginx (101:101), the account that its vendor runs it as
USER 101:101
