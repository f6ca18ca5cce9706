FROM debian:trixie-slim
RUN groupadd --gid 990 srv && useradd --gid srv --system --uid 990 srv && useradd --uid 991 other \
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
# harden-image: it starts as srv already, and only root can run setpriv
RUN sed -i -E \
      's#exec setpriv --reuid srv srv --state /var/lib/srv --other /var/lib/other#exec srv --state /var/lib/srv --other /var/lib/other#' \
      /start.sh
# harden-image: made by RUN in line 2
RUN chown 990:990 /var/lib/nobodys /var/lib/other
# harden-image: srv (990:990), this Dockerfile's user before it is root again
USER 990:990
CMD ["/start.sh"]
