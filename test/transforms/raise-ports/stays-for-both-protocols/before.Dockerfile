FROM debian:trixie-slim
COPY resolver /usr/local/bin/
EXPOSE 53/tcp 53/udp
CMD ["resolver"]
