FROM nginx:1.27
EXPOSE 8080
COPY <<"CONF" /etc/nginx/conf.d/default.conf.template
server {
  listen 8080;
}
CONF
COPY --chmod=755 <<"START" /start.sh
#!/bin/sh
envsubst < /etc/nginx/conf.d/default.conf.template > /etc/nginx/conf.d/default.conf
exec nginx -g "daemon off;"
START
# harden-image: only root can switch users; its pid file cannot be in /run
RUN sed -i -E \
      -e '/^user +[^;]*; *$/d' \
      -e 's#^pid +[^;]*;#pid        /tmp/nginx.pid;#' \
      /etc/nginx/nginx.conf
# harden-image: written by /start.sh line 2; caches and temp folders
RUN mkdir -p /var/cache/nginx \
 && touch /etc/nginx/conf.d/default.conf \
 && chown 101:101 /etc/nginx/conf.d/default.conf /var/cache/nginx
# harden-image: nginx (101:101), the account that its vendor runs it as
USER 101:101
ENTRYPOINT ["/start.sh"]
