FROM debian:trixie-slim
COPY --chmod=755 <<"FUNCTIONS" /opt/notes/functions.sh
[ -n "$NOTES_EXTRA" ] || return 0
cp /opt/notes/extra.ini /etc/notes/extra.ini
FUNCTIONS
COPY <<"INI" /etc/notes/notes.ini
level = info
INI
COPY --chmod=755 <<"START" /start.sh
#!/bin/sh
set -e
if [ -n "${SEED:-}" ]; then echo "$SEED" > /var/lib/notes/seed; fi
if [ -n "$DEBUG" ]; then echo "level = debug" >> /etc/notes/notes.ini; fi
if [ -n "$TZ" ]; then ln -snf "/usr/share/zoneinfo/$TZ" /etc/localtime; echo "$TZ" > /etc/timezone; fi
register() {
  [ -n "$PEER" ] || return 0
  echo "$PEER" > /etc/notes-peer.conf
  echo "$PEER" > /var/lib/notes/peer
}
register
case "$MODE" in
  primary | single) date > /opt/notes/mode ;;
esac
for one in $PLUGINS; do cp "/opt/plugins/$one" /opt/notes/plugins.list; done
. /opt/notes/functions.sh
exec notesd
START
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: written by /start.sh line 4, if [ -n "$DEBUG" ]; and more
RUN mkdir -p /var/lib/notes \
 && chown 10001:10001 /etc/notes/notes.ini /var/lib/notes
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
ENTRYPOINT ["/start.sh"]
