FROM debian:trixie-slim
RUN apt-get update && apt-get install -y rsync
COPY <<EOT /etc/rsyncd.conf
pid file = /var/run/rsyncd.pid
log file = /var/log/rsync.log
[data]
path = /data
uid = root
gid = root
EOT
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: rsync has its own user already, and only root can switch
RUN sed -i -E \
      -e '/^[[:space:]]*uid = root[[:space:]]*$/d' \
      -e '/^[[:space:]]*gid = root[[:space:]]*$/d' \
      /etc/rsyncd.conf
# harden-image: declared by VOLUME; and more
RUN install -d -o 10001 -g 10001 /data \
 && touch /var/log/rsync.log /var/run/rsyncd.pid \
 && chown 10001:10001 /var/log/rsync.log /var/run/rsyncd.pid
VOLUME /data
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["rsync", "--daemon", "--no-detach", "--port=8730"]
