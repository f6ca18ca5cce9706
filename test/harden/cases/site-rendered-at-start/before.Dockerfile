FROM nginx:1.27
COPY <<"SITE" /srv/site.template
server { listen 80; server_name ${NAME}; }
SITE
COPY --chmod=755 <<"START" /start.sh
#!/bin/sh
envsubst < /srv/site.template > /etc/nginx/conf.d/default.conf
exec nginx -g "daemon off;"
START
CMD ["/start.sh"]
