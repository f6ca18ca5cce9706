FROM nginx:1.27
COPY <<"CONF" /etc/nginx/nginx.conf
error_log /var/log/nginx/error.log warn;
pid /run/nginx.pid;
events {}
http {
  access_log /var/log/nginx/access.log;
  server {
    listen 8080;
    access_log /var/log/nginx/site.log;
  }
}
CONF
