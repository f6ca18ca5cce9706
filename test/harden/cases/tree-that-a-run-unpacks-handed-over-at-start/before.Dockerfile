FROM debian:trixie-slim
RUN tar -xzf /tmp/shop.tar.gz -C /opt/shop
COPY --chmod=755 <<"EOF" /start.sh
#!/bin/sh
chown -R daemon /opt/shop
exec sleep infinity
EOF
ENTRYPOINT ["/start.sh"]
