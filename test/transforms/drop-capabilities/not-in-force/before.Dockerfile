FROM debian:trixie-slim
COPY web other /usr/bin/
RUN setcap cap_net_bind_service+p /usr/bin/web && setcap cap_net_bind_service+ep /usr/bin/other && setcap -r /usr/bin/other
CMD ["web"]
