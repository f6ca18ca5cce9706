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
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: made by /start.sh at start; named by ENV STATE_DIR
RUN mkdir -p /srv/app \
 && chown 10001:10001 /srv/app \
 && chgrp 10001 /opt/books \
 && chmod 1775 /opt/books
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["/start.sh"]
