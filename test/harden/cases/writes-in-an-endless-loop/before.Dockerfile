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
CMD ["bash", "/usr/local/bin/start"]
