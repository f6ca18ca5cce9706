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
# harden-image: only root can chown, and the script ends when it fails
RUN sed -i -E \
      's#chown -R daemon:daemon /opt/shop#{ [ "$(id -u)" != 0 ] || chown -R daemon:daemon /opt/shop; }#' /start.sh
# harden-image: handed over by /start.sh at start
RUN chown -Rh 1:1 /opt/shop
# harden-image: daemon (1:1), handed to daemon by RUN in line 2
USER 1:1
ENTRYPOINT ["/start.sh"]
