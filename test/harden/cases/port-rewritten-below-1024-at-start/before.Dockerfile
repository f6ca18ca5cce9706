# The start puts a port into the line of that of its base image, and it is the same as long as nobody says another.
FROM php:8.3-apache
COPY --chmod=755 <<"EOT" /usr/local/bin/start
#!/bin/sh
set -e
sed -i "s/^Listen 80\$/Listen $GOPHER_PORT/" /etc/apache2/ports.conf
exec apache2-foreground
EOT
ENV GOPHER_PORT=80
CMD ["/usr/local/bin/start"]
