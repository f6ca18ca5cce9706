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
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: written by /start.sh lines 3 and 4; and more
RUN mkdir -p /etc/server/conf.d \
 && touch /etc/server/conf.d/site.conf /usr/share/server/html/env.js \
 && chown 10001:10001 /etc/server/conf.d/site.conf /usr/share/server/html/assets /usr/share/server/html/env.js
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["/start.sh"]
