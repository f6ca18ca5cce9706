FROM debian:trixie-slim
RUN apt-get update && apt-get install -y default-jre-headless curl
RUN mkdir -p /opt/queue && curl -fsSL https://example.org/queue-5.tar.gz | tar xz -C /opt/queue --strip-components=1
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: declared by VOLUME
RUN install -d -o 10001 -g 10001 /opt/queue/data
VOLUME /opt/queue/data
EXPOSE 8161
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["/opt/queue/bin/queue", "console"]
