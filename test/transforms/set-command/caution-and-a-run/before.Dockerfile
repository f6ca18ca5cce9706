FROM debian:trixie-slim
RUN apt-get update && apt-get install -y rabbitmq-server
CMD ["rabbitmq-server"]
