FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends gosu python3 && useradd --uid 1500 web
COPY --chmod=755 <<'EOF' /start.sh
#!/bin/sh
# drop root
if [ "$1" = once ]; then exec gosu web "$@"; fi
# The server itself has to run as root, it binds raw sockets
exec "$@"
EOF
ENTRYPOINT ["/start.sh"]
CMD ["python3", "-m", "http.server"]
