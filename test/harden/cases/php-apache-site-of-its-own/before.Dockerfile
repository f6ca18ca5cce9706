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
