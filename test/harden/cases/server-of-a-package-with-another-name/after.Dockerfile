# carbon-cache is graphite-carbon's, whose configuration has it become an account of its own: the names do not say so.
FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends graphite-carbon
COPY <<EOF /etc/carbon-cache/storage.conf
retentions = 60s:1d
EOF
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
EXPOSE 2003
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["carbon-cache", "--nodaemon", "start"]
