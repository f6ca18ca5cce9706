FROM debian:trixie-slim
RUN apt-get update && apt-get install -y postfix python3
COPY --chmod=755 <<EOF /start.sh
#!/bin/sh
set -e
# it is the service
/usr/sbin/postfix start
exec tail -f /var/log/mail.log
EOF
VOLUME /srv/data
ENTRYPOINT ["/start.sh"]
