FROM debian:trixie-slim
RUN mkdir -p /srv/own/logs && ln -sf /dev/stdout /var/log/door/linked.log
COPY <<EOF /etc/door/door.conf
# logfile /var/log/door/no.log
logfile /var/log/door/door.log
error_log: "/var/log/door.err.log";
pidfile = /run/door.pid
access_log /var/log/door/linked.log combined;
slow-log-file /srv/own/logs/slow.log
cache_dir ufs /var/spool/door 100 16
proxy_cache_path /var/cache/door levels=1:2;
tls_key /etc/ssl/door.key
include /etc/door/more.conf
EOF
COPY <<EOF /etc/other/other.conf
logfile /var/log/other.log
EOF
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: named as pidfile in /etc/door/door.conf line 4; and more
RUN mkdir -p /var/cache/door /var/spool/door \
 && touch /var/log/door.err.log /var/log/door/door.log \
 && chown 10001:10001 /srv/own/logs /var/cache/door /var/log/door.err.log /var/log/door/door.log /var/spool/door \
 && chgrp 10001 /run \
 && chmod 1775 /run
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["door"]
