FROM example.org/shop:1
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: empty, at the top of the image; and more
RUN mkdir -p /srv/shop/bootstrap/cache /srv/shop/storage \
 && touch /run/nginx.pid \
 && chown 10001:10001 /orders /run/nginx.pid /srv/shop/bootstrap/cache /srv/shop/storage /var/lib/nginx \
 && chgrp 10001 /srv/shop/key.ini \
 && chmod 640 /srv/shop/key.ini
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
