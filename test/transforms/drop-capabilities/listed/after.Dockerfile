FROM caddy:2
COPY <<EOF /etc/caddy/Caddyfile
:80 {
  file_server
}
EOF
# harden-image: app (10001:10001): the image has no service account for it
RUN addgroup -g 10001 app \
 && adduser -D -u 10001 -G app -h /home/app -s /sbin/nologin app
# harden-image: listen above 1024 (Caddyfile said 80)
RUN sed -i -E 's/:80\b/:8080/' /etc/caddy/Caddyfile
# harden-image: without cap_net_bind_service: --cap-drop=ALL refuses it
RUN setcap -r /usr/bin/caddy
EXPOSE 8080
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
