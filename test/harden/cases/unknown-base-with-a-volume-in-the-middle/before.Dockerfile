FROM registry.example/team/base:1
RUN make build
VOLUME /data
COPY server /usr/local/bin/server
CMD ["server"]
