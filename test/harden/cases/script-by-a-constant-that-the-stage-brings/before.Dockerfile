FROM debian:trixie-slim AS there
WORKDIR /app
COPY <<"EOT" deploy/pre.sh
echo "mode=on" > /var/lib/app/mode
EOT
COPY --chmod=755 <<"EOT" start.sh
#!/bin/sh
set -e
PRE=deploy/pre.sh
if [ -f $PRE ]; then
    . $PRE
fi
exec server
EOT
CMD ["./start.sh"]

FROM debian:trixie-slim AS told
WORKDIR /app
COPY <<"EOT" deploy/pre.sh
echo "mode=on" > /etc/app.mode
EOT
COPY --chmod=755 <<"EOT" start.sh
#!/bin/sh
set -e
if [ -n "$PREPARE" ]; then
    . deploy/pre.sh
fi
exec server
EOT
CMD ["./start.sh"]
