FROM debian:trixie-slim
COPY --chmod=755 <<"START" /start.sh
#!/bin/sh
if [ -n "$TZ" ]; then echo "$TZ" > /etc/notes.zone; fi
if [ -n "$PEER" ]; then echo "$PEER" > /opt/notes/peer; fi
if [ -n "$KEEP" ]; then date > /srv/notes/kept; fi
if [ -n "$OTHER" ]; then date > /opt/other; fi
exec notesd
START
VOLUME /srv/notes
CMD ["/start.sh"]
