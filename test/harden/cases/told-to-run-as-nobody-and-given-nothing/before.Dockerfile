FROM alpine:3.20
COPY server /usr/local/bin/server
CMD ["su", "-s", "/bin/sh", "-c", "server", "nobody"]
