FROM debian:trixie-slim
COPY app /usr/local/bin/app
# harden-image: app2 (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app2 \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app2 --create-home --shell /usr/sbin/nologin app2
# harden-image: app2 (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["app"]
