FROM debian:trixie-slim
RUN openssl req -x509 -nodes -subj /CN=x -keyout /etc/ssl/private/site.key -out /etc/ssl/site.crt \
 && openssl genrsa -out /etc/keys/unused.key
COPY <<EOF /etc/door.conf
certificate /etc/ssl/site.crt
key /etc/ssl/private/site.key
EOF
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: read access to /etc/ssl/private/site.key; and passage through /etc/ssl/private
RUN chgrp 10001 /etc/ssl/private/site.key \
 && chmod 711 /etc/ssl/private \
 && chmod 640 /etc/ssl/private/site.key
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["door", "-c", "/etc/door.conf"]
