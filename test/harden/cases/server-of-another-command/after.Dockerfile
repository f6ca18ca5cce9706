FROM ruby:3.3-slim
RUN apt-get update && apt-get install -y --no-install-recommends nginx
WORKDIR /opt/desk
COPY --chmod=755 <<"EOF" /entry.sh
#!/bin/sh
set -e
if [ "$1" = desk-proxy ]; then
  exec nginx -g 'daemon off;'
fi
if [ "$1" = desk-server ]; then
  exec bundle exec puma -p 3000
fi
exec "$@"
EOF
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
ENTRYPOINT ["/entry.sh"]
CMD ["desk-server"]
