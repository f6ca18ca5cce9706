FROM debian:trixie-slim
RUN useradd --system --uid 990 srv && useradd --uid 991 other \
 && install -d -o srv -g srv -m 750 /var/lib/srv /var/lib/srv/db \
 && install --directory --owner=srv /var/log/srv \
 && install -d -o other /var/lib/other \
 && install -d /var/lib/nobodys
USER srv
USER root
COPY --chmod=755 <<'EOF' /start.sh
#!/bin/sh
exec setpriv --reuid srv srv --state /var/lib/srv --other /var/lib/other
EOF
CMD ["/start.sh"]
