FROM debian:trixie-slim
RUN apt-get update && apt-get install -y luanti-server
# harden-image: app (10001:10001): luanti-server may bring its own account
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
EXPOSE 30000/udp
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["luantiserver", "--world", "/tmp/world"]
