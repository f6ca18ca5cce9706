FROM debian:trixie-slim AS shell
WORKDIR /var/tests
COPY run.sh .
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["bash"]

FROM debian:trixie-slim AS tests
WORKDIR /tests
COPY . .
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
USER 10001:10001
CMD ["make", "system-tests"]

FROM debian:trixie-slim AS own
WORKDIR /own
COPY --chown=1000:1000 . .
# harden-image: app (1000:1000): COPY gives it what the program is made of
RUN groupadd --gid 1000 app \
 && useradd --no-log-init --uid 1000 --gid 1000 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: declared by VOLUME
RUN chown 1000:1000 /own
VOLUME /own
# harden-image: app (1000:1000), numeric, so that Kubernetes can check it
USER 1000:1000
CMD ["make", "serve"]
