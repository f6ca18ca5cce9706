FROM alpine:3.20
RUN mkdir -p /srv/site && chown -R nobody:nobody /srv/site
COPY <<EOF /start.sh
#!/bin/sh
set -e
echo ok > /srv/site/state
exec su -s /bin/sh -c /srv/site/run nobody
EOF
ENTRYPOINT ["/start.sh"]
