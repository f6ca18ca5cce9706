FROM debian:trixie-slim
RUN curl -L https://example.org/app.tar.gz | tar -xz -C /var/www/html \
 && chown -R www-data:www-data /var/www \
 && chmod -R u-w /var/www/html \
 && chmod -R go-w /opt/books
COPY --chmod=755 <<'EOF' /start.sh
#!/bin/bash
if [ ! -f /var/www/html/conf/conf.php ]; then
  cat > /var/www/html/conf/conf.php <<END
<?php
END
fi
echo started >> /opt/books/index/log.txt
if [ -n "$INIT" ]; then
  for file in /var/www/html/install/tables/*.sql; do
    sed -i 's/--.*//' ${file}
  done
fi
exec apache2 -DFOREGROUND
EOF
# harden-image: written by /start.sh line 7; and more
RUN mkdir -p /opt/books/index /var/www/html/conf /var/www/html/install/tables \
 && touch /opt/books/index/log.txt \
 && chown 33:33 /opt/books/index/log.txt /var/www/html/conf /var/www/html/install/tables \
 && chmod 755 /var/www/html/conf /var/www/html/install/tables
# harden-image: www-data (33:33), the image's own account
USER 33:33
CMD ["/start.sh"]
