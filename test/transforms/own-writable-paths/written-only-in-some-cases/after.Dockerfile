FROM debian:trixie-slim
COPY <<EOF /srv/app/app.conf
EOF
COPY --chmod=755 <<EOF /start.sh
#!/bin/sh
mkdir -p /var/cache/app
date > /var/cache/app/started
echo started | tee /dev/null > /tmp/started
[ -n "\$DEBUG" ] && echo debug >> /srv/app/app.conf
if [ "\$(id -u)" = 0 ]; then
  sed -i 's/a/b/' /srv/app/app.conf
fi
date > /srv/files/started
exec app
EOF
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: written by /start.sh line 5, if [ -n "\$DEBUG" ]; and more
RUN mkdir -p /srv/files /var/cache/app \
 && chown 10001:10001 /srv/app/app.conf /srv/files /var/cache/app
VOLUME /srv/files
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
# harden-image: decide: /start.sh does only as root: sed -i 's/a/b/' /srv/app/app.conf (line 7); as another user that is left out
CMD ["/start.sh"]
