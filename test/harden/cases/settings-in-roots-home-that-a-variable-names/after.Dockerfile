FROM debian:trixie-slim AS open
ENV LFTP_HOME=/root/.lftp
COPY lftprc /root/.lftp/rc
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: what ENV LFTP_HOME names is there
RUN chmod go+x /root
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["mirrord"]

# harden-image: decide: what ENV LFTP_HOME names lies in /root, root's own home, which stays closed: /root/.ssh/id_ed25519 is a secret beside it that others could read
FROM debian:trixie-slim AS closed
ENV LFTP_HOME=/root/.lftp
COPY lftprc /root/.lftp/rc
COPY id_ed25519 /root/.ssh/id_ed25519
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
USER 10001:10001
CMD ["mirrord"]
