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
# harden-image: app (10001:10001): mariadb-server may bring its own account
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: it starts as mysql already
RUN sed -i -E 's/mariadb-install-db --user=mysql/mariadb-install-db --auth-root-socket-user=$(id -un)/' /init.sh
# harden-image: package mariadb-server (line 2): socket and pid file; and more
RUN mkdir -p /var/log/mysql /run/mysqld \
 && touch /var/log/mysql/error.log \
 && chown 10001:10001 /run/mysqld /var/log/mysql/error.log \
 && chown -Rh 10001:10001 /var/lib/mysql
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["/init.sh"]
