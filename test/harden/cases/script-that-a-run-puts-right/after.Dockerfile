FROM debian:trixie-slim
RUN groupadd --gid 900 srv && useradd --gid srv --system --uid 900 srv
COPY <<'EOF' /start.sh
#!/bin/sh
set -e
mkdir -p /var/lib/srv
exec gosu srv server
EOF
RUN sed -i 's/\r$//' /start.sh && cp /start.sh /usr/local/bin/go && chmod +x /usr/local/bin/go
# harden-image: it starts as srv already, and only root can run gosu
RUN sed -i -E 's/exec gosu srv server/exec server/' /usr/local/bin/go
# harden-image: made by /usr/local/bin/go at start
RUN mkdir -p /var/lib/srv \
 && chown 900:900 /var/lib/srv
# harden-image: srv (900:900), created by this Dockerfile
USER 900:900
ENTRYPOINT ["/usr/local/bin/go"]
