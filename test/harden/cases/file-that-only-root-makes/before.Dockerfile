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
RUN mkdir /srv/depot
ENTRYPOINT ["/start.sh"]
CMD ["depot", "--secret", "/srv/depot/secret"]
