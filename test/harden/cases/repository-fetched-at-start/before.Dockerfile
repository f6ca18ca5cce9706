FROM debian:trixie-slim
RUN git clone https://example.org/a/wiki.git /srv/wiki
RUN git clone https://example.org/a/tool.git /opt/tool
COPY --chmod=755 <<'EOF' /start.sh
#!/bin/sh
set -e
git -C /srv/wiki pull --ff-only
git -C /opt/tool log -1
git clone --depth 1 -b "$BRANCH" "$SITE_URL" /srv/sites/main
exec server
EOF
CMD ["/start.sh"]
