FROM debian:trixie-slim
COPY <<EOT /etc/app.conf
name=@NAME@
EOT
COPY --chmod=755 <<EOT /start.sh
#!/bin/sh
sed -i "s/@NAME@/$NAME/" /etc/app.conf
exec app
EOT
CMD ["/start.sh"]
