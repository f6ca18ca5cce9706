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
ENTRYPOINT ["/start.sh"]
