FROM debian:trixie-slim
RUN <<END
set -e
useradd -u 10001 -m app
END
# harden-image: app (10001:10001), created by this Dockerfile
USER 10001:10001
CMD ["app"]
