FROM debian:12
COPY list /usr/local/bin/list
CMD ["list"]
