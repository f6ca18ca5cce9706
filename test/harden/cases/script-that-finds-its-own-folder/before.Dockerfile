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
CMD ["/srv/tool/bin/start.sh"]
