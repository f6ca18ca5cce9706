FROM debian:trixie-slim
COPY --chmod=755 <<"EOT" /start.sh
#!/bin/sh
client --user www-data ping
exec teapotd --user www-data --port 8080
EOT
# harden-image: www-data (33:33), teapotd switches to it in /start.sh
USER 33:33
CMD ["/start.sh"]
