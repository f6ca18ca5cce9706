FROM alpine:3.22
COPY proxy /
VOLUME ["/tmp", "/state"]
ENTRYPOINT ["/proxy"]
