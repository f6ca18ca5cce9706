# The script says 80 where nobody sets HTTP_PORT; the backend's port is somebody else's.
FROM debian:trixie-slim
COPY --chmod=755 <<"EOT" /usr/local/bin/start
#!/bin/sh
set -e
exec /opt/edge -a http=:${HTTP_PORT:-80},HTTP --to "http://${BACKEND:-web}:${WEB_PORT:-80}"
EOT
COPY edge /opt/edge
EXPOSE 80
ENTRYPOINT ["/usr/local/bin/start"]
