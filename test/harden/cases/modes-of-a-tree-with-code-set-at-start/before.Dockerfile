FROM debian:trixie-slim
WORKDIR /opt/shop
COPY --chmod=755 <<"EOF" start.sh
#!/bin/sh
set -e
chmod -R go-w /opt/shop
exec sleep infinity
EOF
ENTRYPOINT ["/opt/shop/start.sh"]
