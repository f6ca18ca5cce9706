FROM debian:trixie-slim
COPY ping /usr/bin/ping
RUN setcap cap_net_raw+ep /usr/bin/ping
CMD ["ping"]
