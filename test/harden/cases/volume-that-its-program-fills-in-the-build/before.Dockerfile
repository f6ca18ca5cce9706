FROM debian:trixie-slim
ENV LEDGERDATA=/var/ledger
COPY ledgerd /usr/local/bin/
RUN ledgerd --version
RUN mkdir -p $LEDGERDATA \
 && ledgerd init \
 && ledgerd config --force log /dev/stdout
VOLUME $LEDGERDATA
CMD ["ledgerd", "server"]
