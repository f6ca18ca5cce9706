FROM debian:trixie-slim
WORKDIR /opt/shop
COPY --chmod=755 <<"EOF" start.sh
#!/bin/sh
set -e
chmod -R go-w /opt/shop
exec sleep infinity
EOF
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: only root can chmod what is root's
RUN sed -i -E 's#chmod -R go-w /opt/shop#{ [ "$(id -u)" != 0 ] || chmod -R go-w /opt/shop; }#' /opt/shop/start.sh
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
ENTRYPOINT ["/opt/shop/start.sh"]
