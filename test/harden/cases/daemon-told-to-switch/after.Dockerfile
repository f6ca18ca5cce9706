# It ends where it may not become that user; most daemons only warn.
FROM debian:trixie-slim
RUN apt-get update && apt-get install -y bind9
COPY <<EOF /etc/bind/named.conf.options
options { directory "/var/cache/bind"; };
EOF
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: package bind9 (line 3): the control key, closed to others
RUN mkdir -p /run/named \
 && chown 10001:10001 /run/named /var/cache/bind /var/lib/bind \
 && chgrp 10001 /etc/bind/rndc.key \
 && chmod 640 /etc/bind/rndc.key
EXPOSE 8053/udp
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["named", "-g", "-p", "8053"]
