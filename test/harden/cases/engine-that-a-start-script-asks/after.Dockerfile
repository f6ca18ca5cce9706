# harden-image: decide: it uses the host's container engine through /var/run/docker.sock, which belongs to root there: cannot tell whether the user may
FROM debian:trixie-slim AS asks
COPY --chmod=755 <<"EOT" /start.sh
#!/bin/sh
docker ps -q | xargs echo
exec server
EOT
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["/start.sh"]

FROM debian:trixie-slim AS elsewhere
COPY --chmod=755 <<"EOT" /start.sh
#!/bin/sh
docker -H tcp://engine:2375 ps -q
docker login -u me
docker --version
exec server
EOT
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
USER 10001:10001
CMD ["/start.sh"]
