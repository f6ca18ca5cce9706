FROM debian:trixie-slim
COPY --chmod=755 <<"S" /start.sh
#!/bin/sh
set -e
for name in A B
do
  eval value=\$$name
  sed -i "s|$name|$value|g" /etc/relay/default.vcl
done
cp /tmp/x /var/certs/"$CN"-cert.pem
exec relay
S
CMD ["/start.sh"]
