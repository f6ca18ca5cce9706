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
CMD ["/job.sh"]
