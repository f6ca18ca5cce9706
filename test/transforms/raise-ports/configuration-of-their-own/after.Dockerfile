FROM debian:trixie-slim
RUN apt-get update && apt-get install -y apache2
COPY site.conf /etc/apache2/sites-available/000-default.conf
# harden-image: package apache2 (line 2): pid file and sockets; and more
RUN mkdir -p /run/apache2 \
 && chown 33:33 \
      /run/apache2 /var/log/apache2 /var/log/apache2/access.log /var/log/apache2/error.log \
      /var/log/apache2/other_vhosts_access.log
EXPOSE 80
# harden-image: www-data (33:33)
USER 33:33
CMD ["apachectl", "-D", "FOREGROUND"]
