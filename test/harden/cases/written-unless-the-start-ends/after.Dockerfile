# harden-image: decide: /etc/feed.conf is not given to the user: /etc belongs to the system and is never handed over
FROM debian:trixie-slim
RUN mkdir -p /etc/feed/filled && cp /etc/hosts /etc/feed/filled/hosts
COPY --chmod=755 <<'EOF' /start.sh
#!/bin/bash
if [ -f /etc/feed.conf ]; then
  echo "found /etc/feed.conf"
elif [ -z "${FEED_URL}" ] || [ "${FEED_URL}" = "none" ]; then
  echo "FEED_URL is not set"
  exit 1
else
  echo "url: $FEED_URL" > /etc/feed.conf
fi
setup_keys() {
  local KEYS=/etc/feed/keys.pem
  if [ -f "$KEYS" ]; then
    return 0
  elif skipped "$SKIP_KEYS" || [ -n "$OWN_KEYS" ]; then
    return 0
  fi
  cp /usr/share/feed/keys.pem "$KEYS"
}
setup_keys
exec feed
EOF
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["/start.sh"]
