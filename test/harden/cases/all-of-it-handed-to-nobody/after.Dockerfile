FROM alpine:3.20
RUN mkdir -p /srv/site && chown -R nobody:nobody /srv/site
COPY <<EOF /start.sh
#!/bin/sh
set -e
echo ok > /srv/site/state
exec su -s /bin/sh -c /srv/site/run nobody
EOF
# harden-image: it starts as nobody already, and only root can run su
RUN sed -i -E 's#exec su -s /bin/sh -c /srv/site/run nobody#exec /srv/site/run#' /start.sh
# harden-image: nobody (65534:65534), su switches to it in /start.sh
USER 65534:65534
ENTRYPOINT ["/start.sh"]
