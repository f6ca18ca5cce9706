FROM debian:trixie-slim
COPY config.json /root/.config/app/config.json
COPY pip.conf /root/.config/pip/pip.conf
COPY models /root/models/
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: what line 4 copies is there
RUN chmod go+x /root
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["app"]
