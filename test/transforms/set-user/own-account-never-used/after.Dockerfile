FROM debian:trixie-slim
RUN useradd --uid 1500 app
# harden-image: app (1500:1500), created by this Dockerfile
USER 1500:1500
CMD ["app"]
