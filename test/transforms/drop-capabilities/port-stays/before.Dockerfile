FROM debian:trixie-slim
COPY web /usr/bin/web
RUN setcap cap_net_bind_service=ep /usr/bin/web
EXPOSE 80
CMD ["web"]
