FROM debian:trixie-slim
ENV STATE_DIR=/srv/app/state HOME_DIR=/srv/app/home
COPY <<EOF /opt/books/reader.py
EOF
COPY --chmod=755 <<'EOF' /start.sh
#!/bin/bash
set -e
DIR=/opt/books/main
if [[ -d ${DIR} ]]; then
  find ${DIR} -type f | xargs chmod 0600
fi
mkdir -p ${DIR}
if [ ! -d "$STATE_DIR" ]; then
  mkdir -p "$STATE_DIR"
  cp -r /usr/share/app/defaults/. "$STATE_DIR"
fi
[ -e "$HOME_DIR" ] || mkdir -p "$HOME_DIR"
exec server
EOF
CMD ["/start.sh"]
