FROM debian:trixie-slim
COPY --chmod=755 <<EOF /entrypoint.sh
#!/bin/sh
cron() { echo "$1"; }
cron hello
sshd -t
exec server
EOF
ENTRYPOINT ["/entrypoint.sh"]
