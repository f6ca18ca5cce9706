FROM ubuntu:24.04
RUN userdel -r ubuntu
COPY server /usr/local/bin/server
CMD ["server"]
