FROM debian:trixie-slim
RUN useradd -u 1000 app
COPY --chmod=755 <<EOT /srv/app/ready.sh
#!/bin/sh
EOT
COPY --chmod=644 <<EOT /srv/app/start.sh
#!/bin/sh
exec server
EOT
COPY --chmod=644 <<EOT /srv/app/token
x
EOT
COPY --chmod=755 <<"EOT" /entrypoint.sh
#!/bin/sh
set -e
touch /srv/app/secret
chown app /srv/app/secret
chmod +x /srv/app/start.sh /srv/app/ready.sh
chmod 600 /srv/app/token
/srv/app/ready.sh
exec "$@"
EOT
# harden-image: only root can chown and chmod what is root's
RUN sed -i -E \
      -e 's#chown app /srv/app/secret#{ [ "$(id -u)" != 0 ] || chown app /srv/app/secret; }#' \
      -e 's#chmod \+x /srv/app/start\.sh /srv/app/ready\.sh#{ [ "$(id -u)" != 0 ] || chmod +x /srv/app/start.sh /srv/app/ready.sh; }#' \
      /entrypoint.sh
# harden-image: handed over by /entrypoint.sh at start; and more
RUN touch /srv/app/secret \
 && chown 1000:1000 /srv/app/secret /srv/app/token \
 && chgrp 1000 /srv/app \
 && chmod 1775 /srv/app \
 && chmod 755 /srv/app/start.sh
# harden-image: app (1000:1000), created by this Dockerfile
USER 1000:1000
ENTRYPOINT ["/entrypoint.sh"]
CMD ["/srv/app/start.sh"]
