FROM debian:trixie-slim
COPY web /usr/bin/web
RUN apt-get update && apt-get install -y libcap2-bin && setcap cap_net_bind_service+ep /usr/bin/web && apt-get purge -y libcap2-bin
CMD ["web", "--port", "8080"]
