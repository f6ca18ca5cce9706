FROM debian:trixie-slim
COPY <<'EOF' /usr/local/bin/job
#!/bin/bash
set -eu
while :; do
  exec 9>/run/job.lock
  date > /var/log/job.log
  sleep 5
done
EOF
COPY <<'EOF' /usr/local/bin/start
#!/bin/sh
job &
until false; do
  date >> /srv/stamps
  while [ -n "$AGAIN" ]; do date > /srv/again; done
  sleep 3
done
EOF
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: written by /usr/local/bin/job lines 4 and 5; and more
RUN touch /run/job.lock /srv/stamps /var/log/job.log \
 && chown 10001:10001 /run/job.lock /srv/stamps /var/log/job.log
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["bash", "/usr/local/bin/start"]
