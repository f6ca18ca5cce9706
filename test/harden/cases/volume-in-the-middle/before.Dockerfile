FROM debian:trixie-slim
RUN mkdir /data
VOLUME /data
COPY app /usr/local/bin/app
RUN chmod +x /usr/local/bin/app
CMD ["app"]
