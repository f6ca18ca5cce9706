FROM debian:trixie-slim AS open
ENV LFTP_HOME=/root/.lftp
COPY lftprc /root/.lftp/rc
CMD ["mirrord"]

FROM debian:trixie-slim AS closed
ENV LFTP_HOME=/root/.lftp
COPY lftprc /root/.lftp/rc
COPY id_ed25519 /root/.ssh/id_ed25519
CMD ["mirrord"]
