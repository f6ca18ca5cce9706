# The vendor's own files are not read: not edited, and its port 80 is bound by nobody.
FROM nginx:1.29
COPY <<EOF /app/nginx.conf
user nginx;
pid /run/nginx.pid;
events {}
http {
    server {
        listen 8080;
        return 200 "mine";
    }
}
EOF
# harden-image: only root can switch users; its pid file cannot be in /run
RUN sed -i -E \
      -e '/^user +[^;]*; *$/d' \
      -e 's#^pid +[^;]*;#pid        /tmp/nginx.pid;#' \
      /app/nginx.conf
# harden-image: caches and temp folders
RUN mkdir -p /var/cache/nginx \
 && chown 101:101 /var/cache/nginx
EXPOSE 8080
# harden-image: nginx (101:101), nginx switches to it in /app/nginx.conf
USER 101:101
CMD ["nginx", "-c", "/app/nginx.conf", "-g", "daemon off;"]
