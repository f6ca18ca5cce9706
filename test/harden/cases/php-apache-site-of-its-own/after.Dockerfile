FROM php:8.3-apache
COPY <<EOF /etc/apache2/sites-available/000-default.conf
<VirtualHost *:80>
    DocumentRoot /var/www/html/public
</VirtualHost>
EOF
COPY <<EOF /etc/apache2/sites-available/admin.conf
<VirtualHost *:80>
    ServerName admin.example
    DocumentRoot /srv/admin
</VirtualHost>
EOF
RUN a2ensite admin
# harden-image: listen above 1024 (ports.conf and 000-default.conf and …
RUN sed -i -E 's/^Listen 80$/Listen 8080/' /etc/apache2/ports.conf \
 && sed -i -E 's/^<VirtualHost \*:80>/<VirtualHost *:8080>/' /etc/apache2/sites-available/000-default.conf \
 && sed -i -E 's/<VirtualHost \*:80>/<VirtualHost *:8080>/' /etc/apache2/sites-available/admin.conf
EXPOSE 8080
# harden-image: www-data (33:33), the account that its vendor runs it as
USER 33:33
