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
ENTRYPOINT ["/start.sh"]
