FROM debian:trixie-slim
RUN mkdir -p /etc/proxy/dhparam /etc/proxy/filled /etc/proxy/conf.d
COPY <<EOF /etc/proxy/filled/first.pem
EOF
COPY <<EOF /app/site.tmpl
EOF
COPY --chmod=755 <<'EOF' /start.sh
#!/bin/bash
set -e
if ! skipped "${SKIP:-false}"; then
  cp /app/dhparam.pem /etc/proxy/dhparam/dhparam.pem
  cp /app/dhparam.pem /etc/proxy/filled/second.pem
fi
exec "$@"
EOF
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: made of /app/site.tmpl by the command; and more
RUN chown 10001:10001 /etc/proxy/conf.d /etc/proxy/dhparam
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
ENTRYPOINT ["/start.sh"]
CMD ["render", "-watch", "/app/site.tmpl", "/etc/proxy/conf.d/default.conf"]
