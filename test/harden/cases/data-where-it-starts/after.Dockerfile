FROM debian:trixie-slim
RUN apt-get update && apt-get install -y redis-server
# harden-image: app (10001:10001): redis-server may bring its own account
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
EXPOSE 6379
# harden-image: /dump.rdb is made where it starts, and / belongs to the system
WORKDIR /home/app
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["redis-server", "--protected-mode", "no"]
