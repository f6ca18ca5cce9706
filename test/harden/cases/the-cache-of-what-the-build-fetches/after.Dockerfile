FROM debian:trixie-slim
ENV PIP_CACHE_DIR=/.cache APP_CACHE_DIR=/.thumbs
WORKDIR /srv
RUN pip install modelserve
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: named by ENV APP_CACHE_DIR
RUN install -d -o 10001 -g 10001 "$APP_CACHE_DIR"
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
ENTRYPOINT ["modelserve", "serve"]
