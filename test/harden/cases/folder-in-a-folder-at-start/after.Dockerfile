FROM debian:trixie-slim
RUN mkdir -p /srv/shop/logs
COPY --chmod=755 <<"EOF" /start.sh
#!/bin/sh
set -e
chown -R www-data /srv/shop
chown -R www-data /srv/shop/logs
UMASK=0 usermod -u 1000 www-data
usermod -u 1000 www-data
exec python3 -m http.server 8000
EOF
# harden-image: only root can chown and usermod
RUN sed -i -E \
      -e 's#chown -R www-data /srv/shop([^[:alnum:]_./-]|$)#{ [ "$(id -u)" != 0 ] || chown -R www-data /srv/shop; }\1#' \
      -e 's#chown -R www-data /srv/shop/logs#{ [ "$(id -u)" != 0 ] || chown -R www-data /srv/shop/logs; }#' \
      -e 's/UMASK=0 usermod -u 1000 www-data/{ [ "$(id -u)" != 0 ] || UMASK=0 usermod -u 1000 www-data; }/' \
      -e 's#(^|[;&|(){}!]|then|else|do)([[:space:]]*)usermod -u 1000 www-data([^[:alnum:]_./-]|$)#\1\2{ [ "$(id -u)" != 0 ] || usermod -u 1000 www-data; }\3#' \
      /start.sh
# harden-image: handed over by /start.sh at start
RUN chown 33:33 /srv/shop /srv/shop/logs
# harden-image: www-data (33:33), handed over by /start.sh at start
USER 33:33
CMD ["/start.sh"]
