FROM debian:trixie-slim
RUN apt-get update && apt-get install -y redis-server nginx-light
# harden-image: listen above 1024 (default said 80)
RUN sed -i -E \
      's/^([[:space:]]*listen[[:space:]]+(\[::\]:)?)80([[:space:]]+default_server;)/\18080\3/' \
      /etc/nginx/sites-available/default
# harden-image: package redis-server (line 2): the configuration
RUN touch /run/nginx.pid \
 && chown 33:33 /run/nginx.pid /var/lib/nginx /var/lib/redis /var/log/redis \
 && chgrp 33 /etc/redis/redis.conf \
 && chmod 2771 /etc/redis \
 && chmod 640 /etc/redis/redis.conf
# harden-image: www-data (33:33)
USER 33:33
CMD service nginx start && service redis-server start && app
