FROM debian:trixie-slim
RUN <<EOF
set -e
apt-get update
apt-get install -y --no-install-recommends nginx
rm -rf /var/lib/apt/lists/*
sed -i 's#^access_log .*#access_log /var/log/site/access.log;#' /etc/nginx/nginx.conf
EOF
EXPOSE 80
CMD ["nginx", "-g", "daemon off;"]
