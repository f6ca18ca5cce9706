FROM debian:trixie-slim
RUN apt-get update && apt-get install -y php-cli
COPY <<EOF /srv/shop/app/Http/Kernel.php
<?php
EOF
COPY <<EOF /srv/shop/config/app.php
<?php
EOF
COPY <<EOF /srv/shop/app/Mail/data/keep.txt
x
EOF
RUN chown -R shop:shop /srv/shop
COPY --chmod=755 <<EOF /start.sh
#!/bin/sh
touch /srv/shop/app.log
chown -R shop:root /srv/shop/app.log
exec php -S 0.0.0.0:8000 -t /srv/shop
EOF
# harden-image: shop, handed to shop by RUN in line 12
USER shop
CMD ["/start.sh"]
