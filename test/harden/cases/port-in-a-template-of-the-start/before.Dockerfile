FROM debian:12
RUN apt-get update && apt-get install -y nginx
COPY <<"CONF" /etc/nginx/sites-available/default.tmpl
server { listen 80 default_server; }
CONF
EXPOSE 80
CMD ["dockerize", "-template", "/etc/nginx/sites-available/default.tmpl:/etc/nginx/sites-available/default", "nginx"]
