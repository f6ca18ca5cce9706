FROM debian:trixie-slim
RUN apt-get update && apt-get install -y bridge
# harden-image: app (10001:10001): bridge may bring its own account
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: declared by VOLUME
RUN mkdir -p /root/.bridge \
 && chown 10001:10001 /root/.bridge \
 && chmod go+x /root
VOLUME /root/.bridge
# harden-image: /root/.bridge, a volume, is found by the home of whoever runs it
ENV HOME=/root
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["bridge"]
