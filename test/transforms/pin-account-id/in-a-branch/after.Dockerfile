FROM debian:trixie-slim
RUN id app || useradd --uid 10001 app
# harden-image: app (10001:10001), created by this Dockerfile
USER 10001:10001
CMD ["app"]
