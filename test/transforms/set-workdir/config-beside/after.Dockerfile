# harden-image: decide: /dump.rdb is not given to the user: / belongs to the system and is never handed over
FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends redis-server && rm -rf /var/lib/apt/lists/*
COPY <<CONF redis.conf
protected-mode no
CONF
# harden-image: app (10001:10001): redis-server may bring its own account
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
EXPOSE 6379
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["redis-server", "redis.conf"]
