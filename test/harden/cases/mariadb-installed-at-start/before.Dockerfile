FROM debian:trixie-slim
RUN apt-get update && apt-get install -y mariadb-server
COPY <<EOT /etc/mysql/conf.d/own.cnf
[mysqld]
log_error=/var/log/mysql/error.log
EOT
COPY --chmod=755 <<EOT /init.sh
#!/bin/sh
set -e
[ -d /var/lib/mysql/mysql ] || mariadb-install-db --user=mysql
exec mariadbd --user=mysql
EOT
CMD ["/init.sh"]
