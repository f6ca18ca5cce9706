FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends libcap2-bin
COPY <<'EOF' /usr/local/lib/functions.sh
prepare() {
  setcap cap_net_bind_service=+ep /usr/bin/python3.13
}
trust() {
  update-ca-certificates
}
never_called() {
  mount -t tmpfs none /mnt
}
EOF
COPY --chmod=755 <<'EOF' /start.sh
#!/bin/bash
start() {
  . /usr/local/lib/functions.sh
  prepare
  if [ -n "$EXTRA_CA" ]; then
    trust
  fi
  if [ "$(id -u)" = 0 ]; then
    sysctl -w net.core.somaxconn=1024
  fi
  sysctl -n net.core.somaxconn
  capsh --print
  exec capsh --user=www-data -- -c 'python3 -m http.server 8000'
}
start
EOF
# harden-image: www-data (33:33), capsh switches to it in /start.sh
USER 33:33
CMD ["/start.sh"]
