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
CMD ["/start.sh"]
