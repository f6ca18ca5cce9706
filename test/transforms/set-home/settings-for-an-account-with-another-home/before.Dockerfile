FROM debian:trixie-slim
COPY app /usr/local/bin/app
COPY config /root/.app/config
CMD ["app"]
