FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends memcached mariadb-server
ENV PATH=$PATH:/opt/bin
COPY --chmod=755 <<"EOF" /usr/local/bin/start
#!/bin/bash
exec su mysql -c "exec mariadbd --datadir=$DATA"
EOF
# harden-image: app (10001:10001): mariadb-server may bring its own account
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: it starts as mysql already, and only root can run su
RUN sed -i -E \
      's/exec su mysql -c "exec mariadbd --datadir=\$DATA"/exec sh -c "exec mariadbd --datadir=$DATA"/' \
      /usr/local/bin/start
# harden-image: package mariadb-server (line 2): socket and pid file; and more
RUN mkdir -p /run/mysqld \
 && chown 10001:10001 /run/mysqld \
 && chown -Rh 10001:10001 /var/lib/mysql
VOLUME /var/lib/mysql
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
ENTRYPOINT ["start"]
