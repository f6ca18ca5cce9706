# jq and zstd are no servers: the script takes what they print. The program that it starts is no package.
FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends jq zstd
COPY --chmod=755 <<"EOT" /start.sh
#!/bin/sh
level=$(jq -r .level /etc/store.json)
for seed in /seeds/*.zst; do zstd -dc "$seed" | /opt/store/bin/load; done
exec /opt/store/bin/store --level "$level"
EOT
EXPOSE 8000
CMD ["/start.sh"]
