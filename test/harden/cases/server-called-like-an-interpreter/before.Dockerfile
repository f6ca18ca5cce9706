FROM debian:trixie-slim
RUN apt-get update && apt-get install -y luanti-server
EXPOSE 30000/udp
CMD ["luantiserver", "--world", "/tmp/world"]
