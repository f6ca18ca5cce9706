FROM debian:trixie-slim
COPY --chmod=755 <<"EOF" /usr/local/bin/start
#!/bin/sh
set -e
echo started >> /srv/jobs/log/starts
exec sleep infinity
EOF
RUN mkdir -p /srv/jobs/log && \
    chmod 750 /srv/jobs/log \
 && chown 10001:10001 /srv/jobs/log
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["start"]
