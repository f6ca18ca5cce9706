# upsd is nut-server's, whose configuration is closed to others: the names say nothing of it.
FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends nut-server
# harden-image: app (10001:10001): no account of the image belongs to this program
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
EXPOSE 3493
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD upsdrvctl start && exec upsd -F
