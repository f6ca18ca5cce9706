FROM debian:trixie-slim
# harden-image ignore=own-writable-paths reason=the volume is made by the chart
VOLUME /data
CMD ["app"]
