FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends memcached mariadb-server
ENV PATH=$PATH:/opt/bin
COPY --chmod=755 <<"EOF" /usr/local/bin/start
#!/bin/bash
exec su mysql -c "exec mariadbd --datadir=$DATA"
EOF
VOLUME /var/lib/mysql
ENTRYPOINT ["start"]
