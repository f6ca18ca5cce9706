FROM debian:trixie-slim
RUN mkdir /cache
VOLUME /data /cache
WORKDIR /data
WORKDIR /cache
CMD ["app"]
