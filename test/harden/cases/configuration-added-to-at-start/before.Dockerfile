FROM debian:trixie-slim
RUN apt-get update && apt-get install -y nginx-light
COPY --chmod=755 <<"START" /start.sh
#!/bin/sh
echo "# started" >> /etc/nginx/sites-available/default
exec nginx -g "daemon off;"
START
EXPOSE 80
CMD ["/start.sh"]
