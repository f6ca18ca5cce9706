FROM debian:trixie-slim
RUN apt-get update && groupadd -g 10001 app && useradd -u 10001 -g app -r app
# harden-image: app (10001:10001), created by this Dockerfile
USER 10001:10001
CMD ["app"]
