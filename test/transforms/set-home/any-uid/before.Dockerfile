FROM debian:trixie-slim
COPY app /usr/local/bin/app
CMD ["app"]
