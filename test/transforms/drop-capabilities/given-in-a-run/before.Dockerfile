FROM debian:trixie-slim
RUN apt-get update && apt-get install -y libcap2-bin
COPY web /usr/bin/web
RUN setcap cap_net_bind_service=+ep /usr/bin/web
EXPOSE 80
CMD ["web", "--port", "80"]
