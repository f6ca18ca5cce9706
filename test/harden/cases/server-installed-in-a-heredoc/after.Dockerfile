FROM debian:trixie-slim
RUN <<EOF
set -e
apt-get update
apt-get install -y --no-install-recommends nginx
rm -rf /var/lib/apt/lists/*
sed -i 's#^access_log .*#access_log /var/log/site/access.log;#' /etc/nginx/nginx.conf
EOF
# harden-image: listen above 1024 (default said 80)
RUN sed -i -E \
      's/^([[:space:]]*listen[[:space:]]+(\[::\]:)?)80([[:space:]]+default_server;)/\18080\3/' \
      /etc/nginx/sites-available/default
# harden-image: package nginx (line 2): the pid file; and more
RUN mkdir -p /var/log/site \
 && touch /run/nginx.pid /var/log/site/access.log \
 && chown 33:33 /run/nginx.pid /var/lib/nginx /var/log/site/access.log
EXPOSE 8080
# harden-image: www-data (33:33), package nginx (line 2): the account of nginx
USER 33:33
CMD ["nginx", "-g", "daemon off;"]
