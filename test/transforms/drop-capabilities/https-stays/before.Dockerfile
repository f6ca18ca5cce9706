# A site with a name is served on 443.
FROM caddy:2
COPY <<EOF /etc/caddy/Caddyfile
shop.example {
  file_server
}
EOF
