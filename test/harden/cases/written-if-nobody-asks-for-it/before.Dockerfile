FROM debian:trixie-slim
COPY --chmod=755 <<"START" /start.sh
#!/bin/sh
set -e
STORE=/opt/store
KIND=plain
if expr "$1" : "sleep" >/dev/null; then date > /opt/sleeps; fi
if [ "$1" = migrate ]; then date > /opt/migrated; fi
case "$1" in migrate | shell) date > /opt/other ;; esac
if [ "$KIND" = special ]; then date > /opt/special; fi
if [ "$(id -u)" = 0 ]; then date > /opt/root; fi
if [ -n "$BUNDLE" ] && [ -w /etc/bundle.pem ]; then cat "$BUNDLE" >> /etc/bundle.pem; fi
if [ -n "$TRUST" ]; then
  if [ ! -w "$STORE" ]; then STORE=$(mktemp); fi
  cp "$TRUST" "$STORE"
fi
never() { date > /opt/never; }
if [ "x$1" != "xserve" ]; then date > /opt/else; fi
exec "$@"
START
ENTRYPOINT ["/start.sh"]
CMD ["serve"]
