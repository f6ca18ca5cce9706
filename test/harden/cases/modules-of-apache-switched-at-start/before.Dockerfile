FROM debian:trixie-slim
RUN apt-get update && apt-get install -y apache2
COPY --chmod=755 <<'EOF' /start.sh
#!/bin/sh
set -e
if [ -f /ssl/site.crt -a -f /ssl/site.key ]; then
  a2enmod ssl
else
  a2dismod ssl
fi
if [ "$SITE" = "new" ]; then a2ensite -q new; fi
a2enmod -l | grep rewrite
exec apache2ctl -DFOREGROUND
EOF
CMD ["/start.sh"]
