FROM debian:trixie-slim
ENV APP_DATA_DIR=/srv/app/data APP_LOG_LEVEL=debug
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: named by ENV APP_DATA_DIR
RUN mkdir -p "$APP_DATA_DIR" \
 && chown 10001:10001 "$APP_DATA_DIR"
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["app"]
