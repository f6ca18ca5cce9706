FROM debian:trixie-slim
RUN apt-get update && apt-get install -y redis-server
COPY <<EOT /etc/my.conf
dir /srv/redis
logfile /var/log/my-redis.log
unixsocket /run/redis.sock
EOT
RUN mkdir -p /srv/redis
CMD ["redis-server", "/etc/my.conf"]
