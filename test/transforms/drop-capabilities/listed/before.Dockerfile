FROM caddy:2
COPY <<EOF /etc/caddy/Caddyfile
:80 {
  file_server
}
EOF
