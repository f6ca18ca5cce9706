FROM debian:trixie-slim
RUN set -e \
 && mkdir -p /srv/ledger \
 && npm install --prefix /srv/ledger \
 && ledgerd -t
VOLUME /srv/state
CMD set -e && mkdir -p /srv/state/new && rm -f /run/ledger.pid && exec ledgerd --pid /run/ledger.pid
