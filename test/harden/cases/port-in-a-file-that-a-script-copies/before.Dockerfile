# What the start script only copies is the configuration of nobody that it starts.
FROM debian:trixie-slim
COPY --chmod=755 <<"EOT" /usr/local/bin/start
#!/bin/sh
set -e
cp /opt/burrow/main.conf /tmp/shown.txt
exec /opt/gopher/bin/gopher
EOT
COPY <<"EOT" /opt/burrow/main.conf
[server]
port = 70
root = /opt/burrow/files
EOT
EXPOSE 70
ENTRYPOINT ["/usr/local/bin/start"]
