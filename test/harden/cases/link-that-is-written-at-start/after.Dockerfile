FROM debian:trixie-slim
RUN apt-get update && apt-get install -y nginx-light gettext-base
COPY --chmod=755 <<"START" /start.sh
#!/bin/sh
envsubst < /srv/site.template > /etc/nginx/sites-enabled/default
exec nginx -g "daemon off;"
START
# harden-image: written by /start.sh line 2; and more
RUN mkdir -p /etc/nginx/sites-available \
 && touch /etc/nginx/sites-available/default /run/nginx.pid \
 && chown 33:33 /etc/nginx/sites-available/default /run/nginx.pid /var/lib/nginx
EXPOSE 80
# harden-image: www-data (33:33)
USER 33:33
CMD ["/start.sh"]
