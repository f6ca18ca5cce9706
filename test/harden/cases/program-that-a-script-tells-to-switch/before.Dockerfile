FROM debian:trixie-slim
COPY --chmod=755 <<"EOT" /start.sh
#!/bin/sh
client --user www-data ping
exec teapotd --user www-data --port 8080
EOT
CMD ["/start.sh"]
