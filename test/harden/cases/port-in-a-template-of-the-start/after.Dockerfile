FROM debian:12
RUN apt-get update && apt-get install -y nginx
COPY <<"CONF" /etc/nginx/sites-available/default.tmpl
server { listen 80 default_server; }
CONF
# harden-image: listen above 1024 (default.tmpl said 80)
RUN sed -i -E 's/server \{ listen 80\b/server { listen 8080/' /etc/nginx/sites-available/default.tmpl
# harden-image: rendered by -template default; and more
RUN touch /etc/nginx/sites-available/default /run/nginx.pid \
 && chown 33:33 /etc/nginx/sites-available/default /run/nginx.pid /var/lib/nginx
EXPOSE 8080
# harden-image: www-data (33:33), package nginx (line 2): the account of nginx
USER 33:33
CMD ["dockerize", "-template", "/etc/nginx/sites-available/default.tmpl:/etc/nginx/sites-available/default", "nginx"]
