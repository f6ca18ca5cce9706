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
# harden-image: its pid file cannot be in /run; and more
RUN sed -i -E 's#^pid +[^;]*;#pid        /tmp/nginx.pid;#' /etc/nginx/nginx.conf \
 && sed -i -E 's#/var/run/nginx/nginx\.pid#/tmp/nginx.pid#g' /rotate.sh \
 && sed -i -E 's#/var/run/nginx/nginx\.pid#/tmp/nginx.pid#g' /entrypoint.sh
# harden-image: written by /rotate.sh line 3; caches and temp folders; and more
RUN mkdir -p /logs /var/cache/nginx /var/run/nginx \
 && chown 101:101 /logs /var/cache/nginx /var/run/nginx
# harden-image: nginx (101:101), the account that its vendor runs it as
USER 101:101
ENTRYPOINT ["/entrypoint.sh"]
