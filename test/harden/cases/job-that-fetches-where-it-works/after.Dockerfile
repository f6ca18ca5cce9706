FROM debian:trixie-slim
WORKDIR /work
COPY --chmod=755 <<EOF /job.sh
#!/bin/sh
set -e
git clone --depth 1 https://example.org/a/b.git
cd /srv/out
wget -q https://example.org/data.csv
gzip -k data.csv
tar czf backup.tgz b
wget -qO- https://example.org/ping
curl -fsSL https://example.org/x.tgz | tar xz
EOF
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: files in it are written by /job.sh lines 5 and 3
RUN install -d -o 10001 -g 10001 /srv/out \
 && chown 10001:10001 /work
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["/job.sh"]
