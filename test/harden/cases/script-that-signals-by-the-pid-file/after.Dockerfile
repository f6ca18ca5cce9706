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
# harden-image: /run is root's, and nginx does not start without its pid file; /rotate.sh names
#   /var/run/nginx/nginx.pid, which moves; /entrypoint.sh names /var/run/nginx/nginx.pid, which moves
RUN sed -i -E 's#^pid +[^;]*;#pid        /tmp/nginx.pid;#' /etc/nginx/nginx.conf \
 && sed -i -E 's#/var/run/nginx/nginx\.pid#/tmp/nginx.pid#g' /rotate.sh \
 && sed -i -E 's#/var/run/nginx/nginx\.pid#/tmp/nginx.pid#g' /entrypoint.sh
# harden-image: /logs (written by /rotate.sh line 3), /var/cache/nginx (caches, and temp folders of a configuration
#   that does not move them), /var/run/nginx (made by /entrypoint.sh at start)
RUN mkdir -p /logs /var/cache/nginx /var/run/nginx \
 && chown 101:101 /logs /var/cache/nginx /var/run/nginx
# harden-image: nginx (101:101), the account that its vendor runs it as
USER 101:101
ENTRYPOINT ["/entrypoint.sh"]
