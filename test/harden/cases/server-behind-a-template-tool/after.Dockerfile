FROM debian:trixie-slim
RUN apt-get update && apt-get install -y nginx
# harden-image: listen above 1024 (default said 80)
RUN sed -i -E \
      's/^([[:space:]]*listen[[:space:]]+(\[::\]:)?)80([[:space:]]+default_server;)/\18080\3/' \
      /etc/nginx/sites-available/default
# harden-image: rendered by -template site.conf; and more
RUN mkdir -p /etc/nginx/conf.d \
 && touch /etc/nginx/conf.d/site.conf /run/nginx.pid \
 && chown 33:33 /etc/nginx/conf.d/site.conf /run/nginx.pid /var/lib/nginx
# harden-image: www-data (33:33), package nginx (line 2): the account of nginx
USER 33:33
CMD ["dockerize", "-template", "/etc/nginx/site.tmpl:/etc/nginx/conf.d/site.conf", "nginx", "-g", "daemon off;"]
