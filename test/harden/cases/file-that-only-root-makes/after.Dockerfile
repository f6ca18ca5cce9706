FROM debian:trixie-slim
COPY --chmod=755 <<'EOF' /start.sh
#!/bin/sh
if [ "$(id -u)" = 0 ]; then
  if [ ! -s /srv/depot/secret ]; then
    date > /srv/depot/secret
    chown www-data:www-data /srv/depot/secret
  fi
  exec setpriv --reuid=33 --regid=33 --clear-groups "$@"
fi
exec "$@"
EOF
RUN mkdir /srv/depot \
# harden-image: handed over by /start.sh at start
 && chown 33:33 /srv/depot
# harden-image: www-data (33:33), setpriv switches to it in /start.sh
USER 33:33
ENTRYPOINT ["/start.sh"]
# harden-image: decide: /start.sh does only as root: date > /srv/depot/secret (line 4); as another user that is left out
CMD ["depot", "--secret", "/srv/depot/secret"]
