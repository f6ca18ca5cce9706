FROM debian:trixie-slim
RUN apt-get update && apt-get install -y apache2
COPY <<EOF /etc/apache2/sites-available/shop.conf
<VirtualHost *:80>
    DocumentRoot /srv/shop
</VirtualHost>
EOF
RUN a2dissite 000-default && a2ensite shop
EXPOSE 80
CMD ["apachectl", "-D", "FOREGROUND"]
