FROM debian:trixie-slim
RUN useradd -u 1000 app
COPY --chmod=755 <<EOT /srv/app/ready.sh
#!/bin/sh
EOT
COPY --chmod=644 <<EOT /srv/app/start.sh
#!/bin/sh
exec server
EOT
COPY --chmod=644 <<EOT /srv/app/token
x
EOT
COPY --chmod=755 <<"EOT" /entrypoint.sh
#!/bin/sh
set -e
touch /srv/app/secret
chown app /srv/app/secret
chmod +x /srv/app/start.sh /srv/app/ready.sh
chmod 600 /srv/app/token
/srv/app/ready.sh
exec "$@"
EOT
ENTRYPOINT ["/entrypoint.sh"]
CMD ["/srv/app/start.sh"]
