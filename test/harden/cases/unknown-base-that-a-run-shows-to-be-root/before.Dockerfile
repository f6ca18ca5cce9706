FROM registry.example/team/base:1
RUN apt-get update && apt-get install -y curl
VOLUME /data
COPY server /usr/local/bin/server
CMD ["server"]
