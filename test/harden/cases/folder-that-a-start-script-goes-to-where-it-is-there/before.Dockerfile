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
CMD ["/start.sh"]
