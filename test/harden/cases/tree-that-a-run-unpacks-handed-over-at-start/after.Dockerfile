FROM debian:trixie-slim
RUN tar -xzf /tmp/shop.tar.gz -C /opt/shop
COPY --chmod=755 <<"EOF" /start.sh
#!/bin/sh
chown -R daemon /opt/shop
exec sleep infinity
EOF
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: handed over by /start.sh at start
RUN mkdir -p /opt/shop \
 && chown -Rh 10001:10001 /opt/shop
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
ENTRYPOINT ["/start.sh"]
