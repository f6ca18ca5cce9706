FROM debian:trixie-slim
RUN apt-get update && apt-get install -y rsync
COPY <<EOT /etc/rsyncd.conf
pid file = /var/run/rsyncd.pid
log file = /var/log/rsync.log
[data]
path = /data
uid = root
gid = root
EOT
VOLUME /data
CMD ["rsync", "--daemon", "--no-detach", "--port=8730"]
