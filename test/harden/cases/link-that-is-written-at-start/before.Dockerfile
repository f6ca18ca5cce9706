FROM debian:trixie-slim
RUN apt-get update && apt-get install -y nginx-light gettext-base
COPY --chmod=755 <<"START" /start.sh
#!/bin/sh
envsubst < /srv/site.template > /etc/nginx/sites-enabled/default
exec nginx -g "daemon off;"
START
EXPOSE 80
CMD ["/start.sh"]
