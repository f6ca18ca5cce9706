FROM debian:trixie-slim
RUN useradd --system --uid 900 srv
COPY <<'EOF' /start.sh
#!/bin/sh
set -e
mkdir -p /var/lib/srv
exec gosu srv server
EOF
RUN sed -i 's/\r$//' /start.sh && cp /start.sh /usr/local/bin/go && chmod +x /usr/local/bin/go
ENTRYPOINT ["/usr/local/bin/go"]
