FROM debian:trixie-slim
RUN apt-get update && apt-get install -y redis-server
COPY <<EOT /etc/my.conf
dir /srv/redis
logfile /var/log/my-redis.log
unixsocket /run/redis.sock
EOT
RUN mkdir -p /srv/redis \
# harden-image: named as unixsocket in /etc/my.conf line 3; and more
 && touch /var/log/my-redis.log \
 && chown 10001:10001 /srv/redis /var/log/my-redis.log \
 && chgrp 10001 /run \
 && chmod 1775 /run
# harden-image: app (10001:10001): redis-server may bring its own account
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["redis-server", "/etc/my.conf"]
