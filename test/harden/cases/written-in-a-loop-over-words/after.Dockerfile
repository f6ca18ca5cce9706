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
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: written by /start.sh line 6; and more
RUN mkdir -p /etc/relay /var/certs \
 && chown 10001:10001 /etc/relay /var/certs
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["/start.sh"]
