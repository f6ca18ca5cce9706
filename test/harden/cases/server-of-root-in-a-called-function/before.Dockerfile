FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends openssh-server
COPY --chmod=755 <<'EOF' /start.sh
#!/bin/bash
main() {
  exec /usr/sbin/sshd -D
}
main "$@"
EOF
CMD ["/start.sh"]
