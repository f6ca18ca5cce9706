FROM debian:trixie-slim
RUN useradd -u 1234 -m app
# harden-image: app (1234:1234), created by this Dockerfile
USER 1234:1234
CMD ["app"]
