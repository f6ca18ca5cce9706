FROM debian:trixie-slim
VOLUME /data
RUN make-app /usr/local/bin/app
CMD ["app"]
