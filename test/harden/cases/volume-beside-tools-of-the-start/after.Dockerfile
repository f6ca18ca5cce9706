FROM debian:trixie-slim
RUN set -e \
 && mkdir -p /srv/ledger \
 && npm install --prefix /srv/ledger \
 && ledgerd -t
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: named by the arguments -f /run/ledger.pid; and more
RUN install -d -o 10001 -g 10001 /srv/state /srv/state/new \
 && chgrp 10001 /run \
 && chmod 1775 /run
VOLUME /srv/state
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD set -e && mkdir -p /srv/state/new && rm -f /run/ledger.pid && exec ledgerd --pid /run/ledger.pid
