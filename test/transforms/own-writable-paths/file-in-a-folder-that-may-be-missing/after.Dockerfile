FROM mysql:8
COPY <<EOF /etc/mysql/conf.d/slow.cnf
[mysqld]
slow_query_log_file=/var/log/mysql/slow.log
EOF
# harden-image: named as slow_query_log_file in slow.cnf line 2
RUN mkdir -p /var/log/mysql \
 && touch /var/log/mysql/slow.log \
 && chown 999:999 /var/log/mysql/slow.log
# harden-image: mysql (999:999), the account that its vendor runs it as
USER 999:999
