# The start script gives the program its file, which says the port.
FROM debian:trixie-slim
COPY --chmod=755 <<"EOT" /usr/local/bin/start
#!/bin/sh
set -e
CONF=/opt/burrow/main.conf
exec /opt/gopher/bin/gopher -c "$CONF"
EOT
COPY <<"EOT" /opt/burrow/main.conf
[server]
port = 70
root = /opt/burrow/files
EOT
EXPOSE 70
ENTRYPOINT ["/usr/local/bin/start"]
