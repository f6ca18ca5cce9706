FROM debian:trixie-slim
RUN apt-get update && apt-get install -y apache2
COPY <<EOF /etc/apache2/sites-available/shop.conf
<VirtualHost *:80>
    DocumentRoot /srv/shop
</VirtualHost>
EOF
RUN a2dissite 000-default && a2ensite shop
# harden-image: listen above 1024 (shop.conf and ports.conf said 80)
RUN sed -i -E 's/<VirtualHost \*:80>/<VirtualHost *:8080>/' /etc/apache2/sites-available/shop.conf \
 && sed -i -E 's/^Listen 80$/Listen 8080/' /etc/apache2/ports.conf
# harden-image: package apache2 (line 2): pid file and sockets; and more
RUN mkdir -p /run/apache2 \
 && chown 33:33 \
      /run/apache2 /var/log/apache2 /var/log/apache2/access.log /var/log/apache2/error.log \
      /var/log/apache2/other_vhosts_access.log
EXPOSE 8080
# harden-image: www-data (33:33)
USER 33:33
CMD ["apachectl", "-D", "FOREGROUND"]
