FROM debian:trixie-slim
RUN apt-get update && apt-get install -y nginx-light
COPY --chmod=755 <<"START" /start.sh
#!/bin/sh
echo "# started" >> /etc/nginx/sites-available/default
exec nginx -g "daemon off;"
START
# harden-image: listen above 1024 (default said 80)
RUN sed -i -E \
      's/^([[:space:]]*listen[[:space:]]+(\[::\]:)?)80([[:space:]]+default_server;)/\18080\3/' \
      /etc/nginx/sites-available/default
# harden-image: written by /start.sh line 2; and more
RUN mkdir -p /etc/nginx/sites-available \
 && touch /etc/nginx/sites-available/default /run/nginx.pid \
 && chown 33:33 /etc/nginx/sites-available/default /run/nginx.pid /var/lib/nginx
EXPOSE 8080
# harden-image: www-data (33:33)
USER 33:33
CMD ["/start.sh"]
