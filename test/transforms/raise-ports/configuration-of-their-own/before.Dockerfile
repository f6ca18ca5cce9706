FROM debian:trixie-slim
RUN apt-get update && apt-get install -y apache2
COPY site.conf /etc/apache2/sites-available/000-default.conf
EXPOSE 80
CMD ["apachectl", "-D", "FOREGROUND"]
