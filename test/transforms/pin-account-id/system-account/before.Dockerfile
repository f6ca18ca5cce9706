FROM debian:trixie-slim
RUN apt-get update && useradd -r app
CMD ["app"]
