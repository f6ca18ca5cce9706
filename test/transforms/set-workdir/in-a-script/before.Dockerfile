FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends redis-server && rm -rf /var/lib/apt/lists/*
COPY --chmod=755 <<SCRIPT /start.sh
#!/bin/sh
redis-server --daemonize yes
exec tail -f /dev/null
SCRIPT
CMD ["/start.sh"]
