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
CMD ["/start.sh"]
