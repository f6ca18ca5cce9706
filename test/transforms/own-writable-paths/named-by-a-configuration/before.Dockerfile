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
CMD ["door"]
