FROM php:8.3-apache
COPY <<EOF /var/www/html/report.php
<?php
$out = fopen('php://output', 'w');
fputcsv($out, ['a', 'b']);
EOF
