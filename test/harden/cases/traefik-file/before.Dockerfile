# Its own file sets what the vendor's way would set by an argument.
FROM traefik:v3.0
COPY <<EOF /etc/traefik/traefik.yml
entryPoints:
  web:
    address: ":80"
EOF
EXPOSE 80
