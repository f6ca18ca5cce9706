FROM debian:trixie-slim
COPY --chmod=755 <<"START" /start.sh
#!/bin/sh
if [ -n "$TZ" ]; then echo "$TZ" > /etc/notes.zone; fi
if [ -n "$PEER" ]; then echo "$PEER" > /opt/notes/peer; fi
if [ -n "$KEEP" ]; then date > /srv/notes/kept; fi
if [ -n "$OTHER" ]; then date > /opt/other; fi
exec notesd
START
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: given with --writable, as a file (/etc/notes.zone/ is a folder)
RUN install -d -o 10001 -g 10001 /opt/notes /srv/notes \
 && touch /etc/notes.zone \
 && chown 10001:10001 /etc/notes.zone
VOLUME /srv/notes
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["/start.sh"]
