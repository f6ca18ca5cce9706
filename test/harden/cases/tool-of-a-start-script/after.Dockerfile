# jq and zstd are no servers: the script takes what they print. The program that it starts is no package.
FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends jq zstd
COPY --chmod=755 <<"EOT" /start.sh
#!/bin/sh
level=$(jq -r .level /etc/store.json)
for seed in /seeds/*.zst; do zstd -dc "$seed" | /opt/store/bin/load; done
exec /opt/store/bin/store --level "$level"
EOT
# harden-image: app (10001:10001): zstd may bring its own account
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
EXPOSE 8000
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["/start.sh"]
