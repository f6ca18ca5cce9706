FROM debian:trixie-slim
RUN <<"SCRIPT" cat > /usr/local/bin/start && chmod 0755 /usr/local/bin/start
#!/bin/sh
set -e
mkdir -p /var/lib/orders
date > /var/spool/orders.started
. /etc/orders.env
exec orders --data /var/lib/orders
SCRIPT
RUN echo 'start = 1' > /etc/orders.conf \
 && echo 'mkdir -p /var/cache/orders' > /etc/orders.env
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: made by /etc/orders.env at start; and more
RUN mkdir -p /var/cache/orders /var/lib/orders \
 && touch /var/spool/orders.started \
 && chown 10001:10001 /var/cache/orders /var/lib/orders /var/spool/orders.started
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["/usr/local/bin/start"]
