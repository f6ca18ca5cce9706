FROM debian:trixie-slim
RUN useradd -u 1001 -g 0 default
# harden-image: default (1001:0), created by this Dockerfile
USER 1001:0
CMD ["app"]
