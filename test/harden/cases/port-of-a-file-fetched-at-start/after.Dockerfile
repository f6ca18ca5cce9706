FROM debian:12
RUN apt-get update && apt-get install -y nginx curl
COPY <<"CONF" /etc/nginx/sites-available/default
server { listen 80 default_server; }
CONF
COPY --chmod=755 <<"START" /start.sh
#!/bin/sh
curl -fsS https://config.example.com/site > /etc/nginx/sites-available/default
exec nginx -g "daemon off;"
START
# harden-image: written by /start.sh line 2; and more
RUN touch /run/nginx.pid \
 && chown 33:33 /etc/nginx/sites-available/default /run/nginx.pid /var/lib/nginx
EXPOSE 80
# harden-image: www-data (33:33), package nginx (line 2): the account of nginx
USER 33:33
CMD ["/start.sh"]
