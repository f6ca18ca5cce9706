FROM debian:trixie-slim
COPY web /usr/bin/web
RUN apt-get update && apt-get install -y libcap2-bin && setcap cap_net_bind_service+ep /usr/bin/web && apt-get purge -y libcap2-bin
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: without cap_net_bind_service: --cap-drop=ALL refuses it
RUN cp -p /usr/bin/web /tmp/.own && mv /tmp/.own /usr/bin/web
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["web", "--port", "8080"]
