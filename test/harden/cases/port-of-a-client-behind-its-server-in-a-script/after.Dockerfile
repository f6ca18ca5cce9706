FROM debian:12
COPY <<EOF /start.sh
#!/bin/sh
set -e
cached --detach --port 389
redis-cli -p 389 ping
wait
EOF
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: listen above 1024 (start.sh said 389)
RUN sed -i -E \
      -e 's/cached --detach --port 389/cached --detach --port 8389/' \
      -e 's/redis-cli -p 389 ping/redis-cli -p 8389 ping/' \
      /start.sh
EXPOSE 8389
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["/start.sh"]
