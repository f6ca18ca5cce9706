FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends supervisor && rm -rf /var/lib/apt/lists/*
COPY <<'EOF' /etc/supervisor/conf.d/app.conf
[program:app]
command=/usr/local/bin/app
EOF
COPY --chmod=755 <<'EOF' /start.sh
#!/bin/sh
supervisord -c /etc/supervisor/supervisord.conf &
while ! test -e "/var/run/supervisor.sock" 2>/dev/null; do
  sleep 1
done
wait
EOF
COPY <<'EOF' /usr/local/bin/other.sh
#!/bin/sh
test -e /var/run/supervisor.socket || test -e /opt/var/run/supervisor.sock
EOF
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: socket and pid file, which it replaces at every start; and more
RUN sed -i -E 's#/var/run/supervisor(d\.pid|\.sock)#/tmp/supervisor\1#' /etc/supervisor/supervisord.conf \
 && sed -i -E 's#/var/run/supervisor\.sock#/tmp/supervisor.sock#g' /start.sh
# harden-image: package supervisor (line 2): logs
RUN chown 10001:10001 /var/log/supervisor
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["/start.sh"]
