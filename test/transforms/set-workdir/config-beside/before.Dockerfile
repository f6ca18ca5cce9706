FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends redis-server && rm -rf /var/lib/apt/lists/*
COPY <<CONF redis.conf
protected-mode no
CONF
EXPOSE 6379
CMD ["redis-server", "redis.conf"]
