FROM debian:trixie-slim
USER www-data:www-data
CMD ["app"]
