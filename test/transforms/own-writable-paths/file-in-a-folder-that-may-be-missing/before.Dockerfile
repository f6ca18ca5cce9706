FROM mysql:8
COPY <<EOF /etc/mysql/conf.d/slow.cnf
[mysqld]
slow_query_log_file=/var/log/mysql/slow.log
EOF
