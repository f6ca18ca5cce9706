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
# harden-image: example.org/blog:1 may start as another user
USER 0
# harden-image: declared by VOLUME
RUN mkdir -p /srv/blog \
 && chown www-data: /srv/blog
VOLUME /srv/blog
# harden-image: www-data, handed over by /usr/local/bin/start.sh at start
USER www-data
ENTRYPOINT ["start.sh"]
# harden-image: decide: /usr/local/bin/start.sh does only as root: cp /srv/sample.php /srv/blog/config.php (line 4); as another user that is left out
CMD ["blog"]
