FROM debian:trixie-slim
RUN apt-get update \
 && apt-get install -y app
# harden-image: app (10001:10001): app may bring its own account
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: declared by VOLUME
RUN mkdir -p /data \
 && chown 10001:10001 /data
VOLUME /data
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["app"]
