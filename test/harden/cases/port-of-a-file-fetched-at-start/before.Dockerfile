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
EXPOSE 80
CMD ["/start.sh"]
