FROM debian:trixie-slim
RUN groupadd --gid 10001 app && useradd --uid 10001 --gid app \
  --system \
  app
# harden-image: app (10001:10001), created by this Dockerfile
USER 10001:10001
CMD ["app"]
