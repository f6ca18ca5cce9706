FROM debian:trixie-slim
COPY app /usr/local/bin/app
# harden-image: app (10003:10003): the image has no service account for it
RUN groupadd --gid 10003 app \
 && useradd --no-log-init --uid 10003 --gid 10003 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: app (10003:10003), numeric, so that Kubernetes can check it
USER 10003:10003
CMD ["app"]
