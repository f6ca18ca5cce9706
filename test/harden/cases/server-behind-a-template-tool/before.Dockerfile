FROM debian:trixie-slim
RUN apt-get update && apt-get install -y nginx
CMD ["dockerize", "-template", "/etc/nginx/site.tmpl:/etc/nginx/conf.d/site.conf", "nginx", "-g", "daemon off;"]
