FROM debian:trixie-slim
RUN git clone https://example.com/shop.git /opt/shop && chown -R daemon:daemon /opt/shop
COPY <<EOF /opt/shop/etc/local.conf
port = 8080
EOF
COPY --chmod=755 <<"EOF" /start.sh
#!/bin/sh
set -e
chmod -R go-w /opt/shop
chown -R daemon:daemon /opt/shop
exec sleep infinity
EOF
ENTRYPOINT ["/start.sh"]
