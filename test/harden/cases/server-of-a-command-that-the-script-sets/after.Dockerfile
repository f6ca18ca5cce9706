FROM ruby:3.3-slim
RUN apt-get update && apt-get install -y --no-install-recommends nginx
WORKDIR /opt/desk
COPY --chmod=755 <<"EOF" /entry.sh
#!/bin/sh
set -e
case "$1" in
  -*) set -- desk-proxy "$@" ;;
esac
if [ "$1" = desk-proxy ]; then
  exec nginx -g 'daemon off;'
fi
exec "$@"
EOF
# harden-image: listen above 1024 (default said 80)
RUN sed -i -E \
      's/^([[:space:]]*listen[[:space:]]+(\[::\]:)?)80([[:space:]]+default_server;)/\18080\3/' \
      /etc/nginx/sites-available/default
# harden-image: package nginx (line 2): the pid file; and more
RUN touch /run/nginx.pid \
 && chown 33:33 /run/nginx.pid /var/lib/nginx
# harden-image: www-data (33:33), package nginx (line 2): the account of nginx
USER 33:33
ENTRYPOINT ["/entry.sh"]
CMD ["--quiet"]
