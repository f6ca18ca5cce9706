FROM debian:trixie-slim
RUN useradd \
  --system \
  app
CMD ["app"]
