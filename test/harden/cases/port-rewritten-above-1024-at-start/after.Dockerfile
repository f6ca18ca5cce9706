# The start puts a port above 1024 into the line of the port of its base image: that one is not listened on, nor to be moved.
FROM php:8.3-apache
COPY --chmod=755 <<"EOT" /usr/local/bin/start
#!/bin/sh
set -e
sed -i "s/^Listen 80\$/Listen $GOPHER_PORT/" /etc/apache2/ports.conf
exec apache2-foreground
EOT
ENV GOPHER_PORT=8080
# harden-image: written by /usr/local/bin/start line 3
RUN mkdir -p /etc/apache2 \
 && chown 33:33 /etc/apache2
# harden-image: www-data (33:33), the account that its vendor runs it as
USER 33:33
CMD ["/usr/local/bin/start"]
