FROM debian:trixie-slim
# harden-image: app (10002:10002): the image has no service account for it
RUN groupadd --gid 10002 app \
 && useradd --no-log-init --uid 10002 --gid 10002 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: app (10002:10002), numeric, so that Kubernetes can check it
USER 10002:10002
CMD ["server"]
