FROM debian:trixie-slim
# harden-image: app1 (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app1 \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app1 --create-home --shell /usr/sbin/nologin app1
# harden-image: app1 (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["server"]
