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
ENTRYPOINT ["/start.sh"]
CMD ["render", "-watch", "/app/site.tmpl", "/etc/proxy/conf.d/default.conf"]
