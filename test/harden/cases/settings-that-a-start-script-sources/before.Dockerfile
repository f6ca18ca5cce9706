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
CMD ["/start.sh"]
