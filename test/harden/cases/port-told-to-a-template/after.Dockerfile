FROM nginx:1.27
COPY <<"CONF" /app/nginx.tmpl
server { listen {{ .Env.HTTP_PORT | default "80" }}; }
CONF
COPY --chmod=755 <<"START" /start.sh
#!/bin/sh
docker-gen /app/nginx.tmpl /etc/nginx/conf.d/default.conf
exec nginx -g "daemon off;"
START
# harden-image: only root can switch to another user; and 2 more reasons
RUN sed -i -E -e '/^user +[^;]*; *$/d' -e 's#^pid +[^;]*;#pid        /tmp/nginx.pid;#' -e 's#^http *\{ *$#http { client_body_temp_path /tmp/client_temp; proxy_temp_path /tmp/proxy_temp; fastcgi_temp_path /tmp/fastcgi_temp; uwsgi_temp_path /tmp/uwsgi_temp; scgi_temp_path /tmp/scgi_temp;#' /etc/nginx/nginx.conf
# harden-image: write access to /etc/nginx/conf.d, /etc/nginx/conf.d/default.conf, /var/cache/nginx
RUN mkdir -p /etc/nginx/conf.d /var/cache/nginx \
 && touch /etc/nginx/conf.d/default.conf \
 && chown 101:101 /etc/nginx/conf.d /etc/nginx/conf.d/default.conf /var/cache/nginx
# harden-image: listen above 1024 (a template says 80 without it)
ENV HTTP_PORT=8080
EXPOSE 8080
# harden-image: nginx (101:101), the account that its vendor runs it as
USER 101:101
CMD ["/start.sh"]
