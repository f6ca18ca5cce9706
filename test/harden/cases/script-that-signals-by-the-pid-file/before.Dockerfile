FROM nginx:1.27-alpine
COPY <<'EOF' /etc/nginx/nginx.conf
pid /var/run/nginx/nginx.pid;
events {}
http {
  server { listen 8080; }
}
EOF
COPY --chmod=755 <<'EOF' /rotate.sh
#!/bin/sh
while true; do
  mv /logs/access.log /logs/access.log.1
  kill -USR1 `cat /var/run/nginx/nginx.pid`
  sleep 1d
done
EOF
COPY --chmod=755 <<'EOF' /entrypoint.sh
#!/bin/sh
mkdir -p /var/run/nginx
touch /var/run/nginx/nginx.pid
/rotate.sh &
exec nginx -g 'daemon off;'
EOF
ENTRYPOINT ["/entrypoint.sh"]
