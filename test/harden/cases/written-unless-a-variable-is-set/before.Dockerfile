FROM debian:trixie-slim
ENV MODE=local
COPY --chmod=755 <<"START" /start.sh
#!/bin/sh
SITE=/srv/portal/site
if [ -n "$BANNER" ]; then echo "$BANNER"; else cp /opt/empty.html $SITE/banner.html; fi
if [ -n "$KEY" -a -n "$URL" ]; then echo; else cp /opt/empty.html $SITE/key.html; fi
if [ -n "$KEY" ] && [ -n "$URL" ]; then echo; else cp /opt/empty.html $SITE/url.html; fi
[ -z "$SECRET" ] && echo unsafe > /opt/portal/secret
if [ "$MODE" = cluster ]; then date > /opt/portal/cluster; else date > /opt/portal/local; fi
if [ "$TLS" = true ]; then date > /opt/portal/tls; fi
FOUND=$(ls /opt)
if [ -z "$FOUND" ]; then date > /opt/portal/found; fi
exec portal
START
CMD ["/start.sh"]
