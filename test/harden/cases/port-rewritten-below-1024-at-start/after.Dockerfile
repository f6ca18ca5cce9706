# The start puts a port into the line of that of its base image, and it is the same as long as nobody says another.
FROM php:8.3-apache
COPY --chmod=755 <<"EOT" /usr/local/bin/start
#!/bin/sh
set -e
sed -i "s/^Listen 80\$/Listen $GOPHER_PORT/" /etc/apache2/ports.conf
exec apache2-foreground
EOT
ENV GOPHER_PORT=80
# harden-image: listen above 1024 (ports.conf and 000-default.conf said 80)
RUN sed -i -E 's/^Listen 80$/Listen 8080/' /etc/apache2/ports.conf \
 && sed -i -E 's/^<VirtualHost \*:80>/<VirtualHost *:8080>/' /etc/apache2/sites-available/000-default.conf
# harden-image: written by /usr/local/bin/start line 3
RUN mkdir -p /etc/apache2 \
 && chown 33:33 /etc/apache2
EXPOSE 8080
# harden-image: www-data (33:33), the account that its vendor runs it as
USER 33:33
CMD ["/usr/local/bin/start"]
