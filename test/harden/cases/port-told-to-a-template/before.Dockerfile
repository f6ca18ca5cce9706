FROM nginx:1.27
COPY <<"CONF" /app/nginx.tmpl
server { listen {{ .Env.HTTP_PORT | default "80" }}; }
CONF
COPY --chmod=755 <<"START" /start.sh
#!/bin/sh
docker-gen /app/nginx.tmpl /etc/nginx/conf.d/default.conf
exec nginx -g "daemon off;"
START
CMD ["/start.sh"]
