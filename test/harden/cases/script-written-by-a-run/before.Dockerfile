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
CMD ["/usr/local/bin/start"]
