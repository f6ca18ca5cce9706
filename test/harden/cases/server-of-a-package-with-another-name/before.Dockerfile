# carbon-cache is graphite-carbon's, whose configuration has it become an account of its own: the names do not say so.
FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends graphite-carbon
COPY <<EOF /etc/carbon-cache/storage.conf
retentions = 60s:1d
EOF
EXPOSE 2003
CMD ["carbon-cache", "--nodaemon", "start"]
