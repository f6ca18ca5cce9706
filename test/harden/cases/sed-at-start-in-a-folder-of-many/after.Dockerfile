# harden-image: decide: /etc/app.conf is not given to the user: /etc belongs to the system and is never handed over
FROM debian:trixie-slim
COPY <<EOT /etc/app.conf
name=@NAME@
EOT
COPY --chmod=755 <<EOT /start.sh
#!/bin/sh
sed -i "s/@NAME@/$NAME/" /etc/app.conf
exec app
EOT
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["/start.sh"]
