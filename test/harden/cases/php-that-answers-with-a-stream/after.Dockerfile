FROM php:8.3-apache
COPY <<EOF /var/www/html/report.php
<?php
$out = fopen('php://output', 'w');
fputcsv($out, ['a', 'b']);
EOF
# harden-image: listen above 1024 (ports.conf and 000-default.conf said 80)
RUN sed -i -E 's/^Listen 80$/Listen 8080/' /etc/apache2/ports.conf \
 && sed -i -E 's/^<VirtualHost \*:80>/<VirtualHost *:8080>/' /etc/apache2/sites-available/000-default.conf
EXPOSE 8080
# harden-image: www-data (33:33), the account that its vendor runs it as
USER 33:33
