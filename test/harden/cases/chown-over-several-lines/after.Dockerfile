# harden-image: decide: /start.sh line 9 runs chown, which only root can, and the script ends when it fails (or prove it)
# harden-image: decide: /start.sh line 11 runs chown, which only root can, and the script ends when it fails (or prove it)
FROM debian:trixie-slim
RUN groupadd --gid 900 srv && useradd --gid srv --system --uid 900 srv
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
# harden-image: only root can chown and chgrp
RUN sed -i -E \
      -e 's/(^|[;&|(){}!]|then|else|do)([[:space:]]*)chown -R srv:srv \\$/\1\2[ "$(id -u)" != 0 ] || chown -R srv:srv \\/' \
      -e 's/(^|[;&|(){}!]|then|else|do)([[:space:]]*)chgrp srv \\$/\1\2[ "$(id -u)" != 0 ] || chgrp srv \\/' \
      /start.sh
# harden-image: handed over by /start.sh at start
RUN mkdir -p /var/lib/srv/data /var/lib/srv/keys /var/lib/srv/last /var/lib/srv/old \
 && chown 900:900 /var/lib/srv/data /var/lib/srv/keys /var/lib/srv/last /var/lib/srv/old
# harden-image: srv (900:900), created by this Dockerfile
USER 900:900
CMD ["/start.sh"]
