FROM debian:trixie-slim AS shell
WORKDIR /var/tests
COPY run.sh .
CMD ["bash"]

FROM debian:trixie-slim AS tests
WORKDIR /tests
COPY . .
CMD ["make", "system-tests"]

FROM debian:trixie-slim AS own
WORKDIR /own
COPY --chown=1000:1000 . .
VOLUME /own
CMD ["make", "serve"]
