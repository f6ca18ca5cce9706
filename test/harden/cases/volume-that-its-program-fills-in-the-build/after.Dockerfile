FROM debian:trixie-slim
ENV LEDGERDATA=/var/ledger
COPY ledgerd /usr/local/bin/
RUN ledgerd --version
RUN mkdir -p $LEDGERDATA \
 && ledgerd init \
 && ledgerd config --force log /dev/stdout
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: filled by RUN in line 5, which runs what the image starts
RUN chown -Rh 10001:10001 "$LEDGERDATA"
VOLUME $LEDGERDATA
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["ledgerd", "server"]
