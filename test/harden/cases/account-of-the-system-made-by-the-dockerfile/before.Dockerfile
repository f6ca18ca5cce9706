FROM debian:12
RUN adduser --system syslog && apt-get update
COPY server /usr/local/bin/server
CMD ["server"]
