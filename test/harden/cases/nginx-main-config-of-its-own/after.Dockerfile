# Includes nothing of /etc/nginx/conf.d, names no pid file, and is the only one that says a port.
FROM nginx:1.29
COPY <<EOF /etc/nginx/nginx.conf
user www-data;
events {}
http {
    server {
        listen 80;
        return 200 "mine";
    }
}
EOF
# harden-image: listen above 1024 (nginx.conf said 80)
RUN sed -i -E 's/listen 80;/listen 8080;/' /etc/nginx/nginx.conf
# harden-image: only root can switch users
RUN sed -i -E '/^user +[^;]*; *$/d' /etc/nginx/nginx.conf
# harden-image: the pid file, where the configuration names no other; and more
RUN mkdir -p /var/cache/nginx \
 && touch /run/nginx.pid \
 && chown 33:33 /run/nginx.pid /var/cache/nginx
EXPOSE 8080
# harden-image: www-data (33:33), nginx switches to it in /etc/nginx/nginx.conf
USER 33:33
