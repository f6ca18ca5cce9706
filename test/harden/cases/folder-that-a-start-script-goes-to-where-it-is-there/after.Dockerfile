FROM debian:trixie-slim
COPY --chmod=755 <<'EOF' /start.sh
#!/bin/bash
# Who mounts a folder there has the packages in it.
if [[ -d /cache ]]; then
  base=/cache/packages
else
  base=/config/packages
fi
mkdir -p "$base"
# Made, and nothing more.
if [[ ! -d /spool ]]; then
  name=spool
  mkdir -p /spool
fi
exec club "$@"
EOF
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: made by /start.sh at start
RUN mkdir -p /spool \
 && chown 10001:10001 /spool
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["/start.sh"]
