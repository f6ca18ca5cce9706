FROM debian:trixie-slim
WORKDIR /srv/relay
COPY --chmod=755 <<"START" /start.sh
#!/bin/sh
openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=relay -keyout key.pem -out /srv/relay/cert.pem
[ -f /var/lib/relay/id ] || ssh-keygen -q -N '' -f /var/lib/relay/id
exec relay --key /srv/relay/key.pem
START
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: written by /start.sh lines 2 and 3
RUN mkdir -p /var/lib/relay \
 && chown 10001:10001 /srv/relay /var/lib/relay
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["/start.sh"]
