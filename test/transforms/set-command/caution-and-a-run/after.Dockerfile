FROM debian:trixie-slim
RUN apt-get update && apt-get install -y rabbitmq-server
# harden-image: rabbitmq (101:102), does the work when the original runs as root
USER 101:102
CMD ["rabbitmq-server"]
