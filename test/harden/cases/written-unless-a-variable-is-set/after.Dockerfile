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
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: written by /start.sh lines 7, 6, 3, 4 and 5
RUN mkdir -p /opt/portal /srv/portal/site \
 && touch \
      /opt/portal/local /opt/portal/secret /srv/portal/site/banner.html /srv/portal/site/key.html \
      /srv/portal/site/url.html \
 && chown 10001:10001 \
      /opt/portal/local /opt/portal/secret /srv/portal/site/banner.html /srv/portal/site/key.html \
      /srv/portal/site/url.html
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["/start.sh"]
