FROM debian:trixie-slim
COPY --chmod=755 <<"EOF" /usr/local/bin/start
#!/bin/sh
set -e
echo started >> /srv/jobs/log/starts
exec sleep infinity
EOF
RUN apt-get update && apt-get install -y --no-install-recommends tini && mkdir -p /srv/jobs/log
CMD ["start"]
