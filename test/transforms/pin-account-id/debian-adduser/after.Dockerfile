FROM debian:trixie-slim
RUN adduser --uid 10001 --system --group --no-create-home app
# harden-image: app (10001:10001), created by this Dockerfile
USER 10001:10001
CMD ["app"]
