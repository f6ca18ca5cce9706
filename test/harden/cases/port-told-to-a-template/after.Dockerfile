FROM nginx:1.27
COPY <<"CONF" /app/nginx.tmpl
server { listen {{ .Env.HTTP_PORT | default "80" }}; }
CONF
COPY --chmod=755 <<"START" /start.sh
#!/bin/sh
docker-gen /app/nginx.tmpl /etc/nginx/conf.d/default.conf
exec nginx -g "daemon off;"
START
# harden-image: only root can switch users; its pid file cannot be in /run
RUN sed -i -E \
      -e '/^user +[^;]*; *$/d' \
      -e 's#^pid +[^;]*;#pid        /tmp/nginx.pid;#' \
      /etc/nginx/nginx.conf
# harden-image: written by /start.sh line 2; caches and temp folders
RUN mkdir -p /etc/nginx/conf.d /var/cache/nginx \
 && chown 101:101 /etc/nginx/conf.d /var/cache/nginx
# harden-image: listen above 1024 (a template says 80 without it)
ENV HTTP_PORT=8080
EXPOSE 8080
# harden-image: nginx (101:101), the account that its vendor runs it as
USER 101:101
CMD ["/start.sh"]
