FROM debian:trixie-slim AS own
COPY --chmod=755 <<"EOT" /start.sh
#!/bin/sh
set -e
uid="$(id -u)"
if [ "$uid" = '0' ]; then
	user='app'
else
	user="$uid"
fi
chown -R "$user":"$user" /var/lib/app
exec server
EOT
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: handed over by /start.sh at start
RUN mkdir -p /var/lib/app \
 && chown 10001:10001 /var/lib/app
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["/start.sh"]

FROM debian:trixie-slim AS others
COPY --chmod=755 <<"EOT" /start.sh
#!/bin/sh
set -e
uid="$(id -u)"
if [ "$uid" = '0' ]; then
	user='app'
else
	user='daemon'
fi
chown -R "$user":"$user" /var/lib/app
exec server
EOT
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: only root can chown, and the script ends when it fails
RUN sed -i -E \
      's#chown -R "\$user":"\$user" /var/lib/app#{ [ "$(id -u)" != 0 ] || chown -R "$user":"$user" /var/lib/app; }#' \
      /start.sh
RUN mkdir -p /var/lib/app \
 && chown 10001:10001 /var/lib/app
USER 10001:10001
CMD ["/start.sh"]
