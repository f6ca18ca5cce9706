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
