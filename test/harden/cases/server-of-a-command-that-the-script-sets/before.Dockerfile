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
ENTRYPOINT ["/entry.sh"]
CMD ["--quiet"]
