FROM debian:trixie-slim
RUN apt-get update && apt-get install -y rabbitmq-server
# harden-image: rabbitmq (101:102), whom the original became for its work
USER 101:102
CMD ["rabbitmq-server"]
