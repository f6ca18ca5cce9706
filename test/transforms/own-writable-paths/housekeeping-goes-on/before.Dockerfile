FROM debian:trixie-slim
COPY --chmod=755 <<"EOF" /usr/local/bin/start
#!/bin/sh
set -e
echo started >> /srv/jobs/log/starts
exec sleep infinity
EOF
RUN mkdir -p /srv/jobs/log && \
    chmod 750 /srv/jobs/log
CMD ["start"]
