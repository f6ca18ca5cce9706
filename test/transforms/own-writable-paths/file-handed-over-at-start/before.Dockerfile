FROM example.org/blog:1
COPY --chmod=755 <<'EOF' /usr/local/bin/start.sh
#!/bin/sh
set -e
if [ "$(id -u)" = 0 ]; then
  cp /srv/sample.php /srv/blog/config.php
  chown www-data /srv/blog/config.php
fi
exec "$@"
EOF
VOLUME /srv/blog
ENTRYPOINT ["start.sh"]
CMD ["blog"]
