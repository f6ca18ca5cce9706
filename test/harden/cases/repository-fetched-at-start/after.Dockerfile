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
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: files in it are written by /start.sh lines 5 and 3
RUN mkdir -p /srv/sites /srv/wiki \
 && chown 10001:10001 /srv/sites \
 && chown -Rh 10001:10001 /srv/wiki
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["/start.sh"]
