FROM debian:trixie-slim
COPY app /usr/local/bin/app
COPY config /root/.app/config
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: refused to the user without this
RUN chmod 711 /root
# harden-image: what it looks for in its home is in root's home
ENV HOME=/root
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["app"]
