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
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: /srv/shop, /srv/shop/app/Mail/data and /srv/shop/config (handed to shop by RUN in line 12),
#   /srv/shop/app.log (written by /start.sh line 2)
RUN touch /srv/shop/app.log \
 && chown 10001:10001 /srv/shop /srv/shop/app.log /srv/shop/app/Mail/data /srv/shop/config
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["/start.sh"]
