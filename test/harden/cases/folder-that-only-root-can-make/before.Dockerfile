FROM debian:trixie-slim
COPY --chmod=755 <<'EOF' /start.sh
#!/bin/sh
if [ ! -d /state ]; then
  mkdir /state
  initialise --into /state
fi
exec server
EOF
CMD ["/start.sh"]
