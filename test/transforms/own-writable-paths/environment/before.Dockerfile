FROM debian:trixie-slim
ENV APP_DATA_DIR=/srv/app/data APP_LOG_LEVEL=debug
CMD ["app"]
