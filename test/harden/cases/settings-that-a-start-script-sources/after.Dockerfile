FROM debian:trixie-slim
RUN useradd -u 1234 web
COPY <<"EOT" /srv/env
. /srv/more
DATA=/srv/data
EOT
COPY <<"EOT" /srv/more
RUN_AS=web
LOGS=/srv/logs
. /srv/more
EOT
COPY --chmod=755 <<"EOT" /start.sh
#!/bin/bash
set -e
. /srv/env
mkdir -p $DATA
date > "$LOGS/started"
exec sudo -u $RUN_AS -E /srv/server --data $DATA
EOT
# harden-image: it starts as web already, and only root can run sudo
RUN sed -i -E 's#exec sudo -u \$RUN_AS -E /srv/server --data \$DATA#exec /srv/server --data $DATA#' /start.sh
# harden-image: made by /start.sh at start; written by /start.sh line 5
RUN mkdir -p /srv/logs /srv/data \
 && touch /srv/logs/started \
 && chown 1234:1234 /srv/data /srv/logs/started
# harden-image: web (1234:1234), created by this Dockerfile
USER 1234:1234
CMD ["/start.sh"]
