FROM debian:12
COPY <<EOF /start.sh
#!/bin/sh
set -e
cached --detach --port 389
redis-cli -p 389 ping
wait
EOF
EXPOSE 389
CMD ["/start.sh"]
