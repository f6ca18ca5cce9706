FROM debian:trixie-slim
COPY app /usr/local/bin/app
VOLUME /data
CMD ["app"]
