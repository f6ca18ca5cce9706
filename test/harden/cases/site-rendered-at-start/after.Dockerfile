FROM nginx:1.27
COPY <<"SITE" /srv/site.template
server { listen 80; server_name ${NAME}; }
SITE
COPY --chmod=755 <<"START" /start.sh
#!/bin/sh
envsubst < /srv/site.template > /etc/nginx/conf.d/default.conf
exec nginx -g "daemon off;"
START
# harden-image: listen above 1024 (site.template said 80)
RUN sed -i -E 's/server \{ listen 80;/server { listen 8080;/' /srv/site.template
# harden-image: only root can switch users; its pid file cannot be in /run
RUN sed -i -E \
      -e '/^user +[^;]*; *$/d' \
      -e 's#^pid +[^;]*;#pid        /tmp/nginx.pid;#' \
      /etc/nginx/nginx.conf
# harden-image: written by /start.sh line 2; caches and temp folders
RUN mkdir -p /etc/nginx/conf.d /var/cache/nginx \
 && touch /etc/nginx/conf.d/default.conf \
 && chown 101:101 /etc/nginx/conf.d/default.conf /var/cache/nginx
EXPOSE 8080
# harden-image: nginx (101:101), the account that its vendor runs it as
USER 101:101
CMD ["/start.sh"]
