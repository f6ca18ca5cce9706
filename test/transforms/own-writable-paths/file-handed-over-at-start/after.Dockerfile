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
# harden-image: example.org/blog:1 may start as another user, and only root can do what follows
USER 0
# harden-image: app (10001:10001): a new account, because the accounts of example.org/blog:1 are …
RUN echo 'app:x:10001:' >> /etc/group \
 && echo 'app:x:10001:10001::/home/app:/sbin/nologin' >> /etc/passwd \
 && mkdir -p /home/app \
 && chown 10001:10001 /home/app
# harden-image: /srv/blog (declared by VOLUME)
RUN mkdir -p /srv/blog \
 && chown 10001:10001 /srv/blog
VOLUME /srv/blog
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
ENTRYPOINT ["start.sh"]
CMD ["blog"]
