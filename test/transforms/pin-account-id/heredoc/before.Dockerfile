FROM debian:trixie-slim
RUN <<END
set -e
useradd -m app
END
CMD ["app"]
