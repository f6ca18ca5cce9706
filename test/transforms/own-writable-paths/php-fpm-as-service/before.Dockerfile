FROM debian:trixie-slim
RUN apt-get update && apt-get install -y php8.4-fpm nginx
EXPOSE 8080
CMD service php8.4-fpm start && nginx -g 'daemon off;'
