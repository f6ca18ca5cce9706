FROM debian:trixie-slim
RUN apt-get update && apt-get install -y nginx-light gettext-base
COPY --chmod=755 <<"START" /start.sh
#!/bin/sh
envsubst < /srv/site.template > /etc/nginx/sites-enabled/default
exec nginx -g "daemon off;"
START
# harden-image: write access to /etc/nginx/sites-available/default, /run/nginx.pid, /var/lib/nginx
RUN mkdir -p /etc/nginx/sites-available \
 && touch /etc/nginx/sites-available/default /run/nginx.pid \
 && chown 33:33 /etc/nginx/sites-available/default /run/nginx.pid /var/lib/nginx
EXPOSE 80
# harden-image: www-data (33:33), package nginx-light (line 2): the account of nginx
USER 33:33
CMD ["/start.sh"]
