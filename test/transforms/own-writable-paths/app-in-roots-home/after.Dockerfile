FROM debian:trixie-slim
WORKDIR /root/shop
COPY . .
RUN mkdir uploads \
# harden-image: the working folder is there; empty, there to be filled
 && chown 10001:10001 /root/shop/uploads \
 && chmod 711 /root
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["./shop"]
