FROM debian:trixie-slim
RUN apt-get update && apt-get install -y runit git && git clone https://example.org/services /etc/service
CMD ["runsvdir", "/etc/service"]
