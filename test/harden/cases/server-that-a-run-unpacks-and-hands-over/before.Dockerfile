FROM debian:trixie-slim
RUN apt-get update && apt-get install -y default-jre-headless curl
RUN mkdir -p /opt/queue && curl -fsSL https://example.org/queue-5.tar.gz | tar xz -C /opt/queue --strip-components=1
VOLUME /opt/queue/data
EXPOSE 8161
CMD ["/opt/queue/bin/queue", "console"]
