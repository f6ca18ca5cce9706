FROM debian:trixie-slim
COPY --chmod=755 <<"EOF" /srv/tool/bin/start.sh
#!/bin/bash
set -e
HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." > /dev/null 2>&1 && pwd)"
THERE=$(cd "$(dirname "$1")" && pwd)
echo $$ > "$HERE/tool.pid"
echo $$ > "$THERE/other.pid"
exec /srv/tool/server
EOF
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: written by /srv/tool/bin/start.sh line 5
RUN touch /srv/tool/tool.pid \
 && chown 10001:10001 /srv/tool/tool.pid
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["/srv/tool/bin/start.sh"]
