FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends apache2 \
 && a2enmod ssl && a2dissite 000-default \
 && echo 'ServerName localhost' >> /etc/apache2/apache2.conf
COPY <<EOF /etc/apache2/sites-available/shop.conf
<VirtualHost *:80>
</VirtualHost>
<VirtualHost *:443>
</VirtualHost>
EOF
COPY <<EOF /etc/apache2/sites-available/off.conf
<VirtualHost *:80>
</VirtualHost>
EOF
RUN a2ensite shop
EXPOSE 80 443
CMD ["apache2ctl", "-DFOREGROUND"]
