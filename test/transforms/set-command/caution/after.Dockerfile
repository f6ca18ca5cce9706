FROM debian:trixie-slim
RUN apt-get update && apt-get install -y rabbitmq-server
# harden-image: app (10001:10001): rabbitmq-server may bring its own account
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: package rabbitmq-server (line 2): the data and the cookie
RUN chown 10001:10001 /var/log/rabbitmq \
 && chown -Rh 10001:10001 /var/lib/rabbitmq
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
# harden-image: decide: RabbitMQ: its start script lets only root and the account rabbitmq go on: start /usr/lib/rabbitmq/bin/rabbitmq-server instead
CMD ["rabbitmq-server"]
