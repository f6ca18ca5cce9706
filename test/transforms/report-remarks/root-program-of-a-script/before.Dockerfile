FROM debian:trixie-slim
RUN apt-get update && apt-get install -y openssh-server
COPY --chmod=755 <<EOF /entrypoint.sh
#!/bin/sh
ssh-keygen -A
exec /usr/sbin/sshd -D -e
EOF
EXPOSE 22
ENTRYPOINT ["/entrypoint.sh"]
