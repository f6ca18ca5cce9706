FROM debian:trixie-slim
RUN apt-get update && apt-get install -y redis-server nginx-light
CMD service nginx start && service redis-server start && app
