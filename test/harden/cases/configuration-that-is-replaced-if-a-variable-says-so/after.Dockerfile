FROM debian:trixie-slim
ENV HOME_OF_IT=/opt/it
COPY --chmod=755 <<"EOT" /start.sh
#!/bin/sh
set -e
echo "" >> $HOME_OF_IT/config/server.properties
if [ -n "$LEVEL" ]; then sed -i "s/level=.*/level=$LEVEL/" $HOME_OF_IT/config/server.properties; fi
if [ -n "$PORT" ]; then echo "port=$PORT" >> $HOME_OF_IT/config/server.properties; fi
exec it
EOT
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: written by /start.sh line 3
RUN mkdir -p "$HOME_OF_IT/config" \
 && touch "$HOME_OF_IT/config/server.properties" \
 && chown 10001:10001 "$HOME_OF_IT/config/server.properties"
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["/start.sh"]
