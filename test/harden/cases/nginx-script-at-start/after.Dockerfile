# The vendor's entrypoint runs it, and the container ends when it fails. The other one may not be executed.
FROM nginx:1.29
COPY <<EOF /usr/share/nginx/html/app/index.html
<p>__API__</p>
EOF
COPY <<'EOF' /docker-entrypoint.d/40-config.sh
#!/bin/sh
set -e
cat > /usr/share/nginx/html/app/config.json <<END
{"api": "${API_URL}"}
END
sed -i "s|__API__|$API_URL|g" /usr/share/nginx/html/app/index.html
EOF
COPY <<'EOF' /docker-entrypoint.d/50-never.sh
echo x > /usr/share/nginx/html/never.json
EOF
RUN chmod +x /docker-entrypoint.d/40-config.sh && sed -i 's/65/60/' /etc/nginx/nginx.conf
# harden-image: listen above 1024 (default.conf said 80)
RUN sed -i -E 's/listen +80;/listen       8080;/' /etc/nginx/conf.d/default.conf
# harden-image: only root can switch users; its pid file cannot be in /run
RUN sed -i -E \
      -e '/^user +[^;]*; *$/d' \
      -e 's#^pid +[^;]*;#pid        /tmp/nginx.pid;#' \
      /etc/nginx/nginx.conf
# harden-image: written by 40-config.sh lines 6 and 3; caches and temp folders
RUN mkdir -p /var/cache/nginx \
 && touch /usr/share/nginx/html/app/config.json \
 && chown 101:101 /usr/share/nginx/html/app /usr/share/nginx/html/app/config.json /var/cache/nginx
EXPOSE 8080
# harden-image: nginx (101:101), the account that its vendor runs it as
USER 101:101
