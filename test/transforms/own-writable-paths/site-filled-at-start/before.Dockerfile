FROM debian:trixie-slim
COPY <<EOF /etc/server/templates/site.conf
listen \$PORT
EOF
COPY <<EOF /usr/share/server/html/index.html
EOF
COPY <<EOF /usr/share/server/html/assets/main.js
EOF
COPY --chmod=755 <<"EOF" /start.sh
#!/usr/bin/env sh
set -eu
envsubst '$PORT' < /etc/server/templates/site.conf > /etc/server/conf.d/site.conf
cat > /usr/share/server/html/env.js <<END
window.api = "$API"
END
for f in /usr/share/server/html/assets/*.js; do
  sed -i "s|__API__|$API|" "$f"
done
exec server
EOF
CMD ["/start.sh"]
