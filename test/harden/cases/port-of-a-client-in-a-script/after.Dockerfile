FROM debian:12
COPY <<EOF /start.sh
#!/bin/sh
set -e
directoryd --detach
if ldapmodify -h localhost -p 389 -f x.ldif; then echo ok; fi
exec directoryd
EOF
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
EXPOSE 389
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["/start.sh"]
