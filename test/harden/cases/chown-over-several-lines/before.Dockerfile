FROM debian:trixie-slim
RUN useradd --system --uid 900 srv
COPY --chmod=755 <<'EOF' /start.sh
#!/bin/sh
set -e
chown -R srv:srv \
  /var/lib/srv/data \
  /var/lib/srv/keys
if [ -n "$MORE" ]; then chgrp srv \
  /var/lib/srv/more; fi
test -d /var/lib/srv/old &&
  chown srv \
    /var/lib/srv/old
true && chown -R srv \
  /var/lib/srv/last
exec server
EOF
CMD ["/start.sh"]
