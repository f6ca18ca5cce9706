# A site with a name is served on 443.
FROM caddy:2
COPY <<EOF /etc/caddy/Caddyfile
shop.example {
  file_server
}
EOF
# harden-image: app (10001:10001): the image has no service account for it
RUN addgroup -g 10001 app \
 && adduser -D -u 10001 -G app -h /home/app -s /sbin/nologin app
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
