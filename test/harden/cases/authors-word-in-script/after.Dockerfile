FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends gosu python3 && useradd --uid 1500 web
COPY --chmod=755 <<'EOF' /start.sh
#!/bin/sh
# drop root
if [ "$1" = once ]; then exec gosu web "$@"; fi
# The server itself has to run as root, it binds raw sockets
exec "$@"
EOF
# harden-image: it starts as web already, and only root can run gosu
RUN sed -i -E 's/exec gosu web "\$@"/exec "$@"/' /start.sh
# harden-image: web (1500:1500), created by this Dockerfile
USER 1500:1500
# harden-image: decide: /start.sh line 4 says that root is meant: "The server itself has to run as root, it binds raw sockets"
ENTRYPOINT ["/start.sh"]
CMD ["python3", "-m", "http.server"]
