FROM debian:trixie-slim
RUN useradd -r app && mkdir /data && chown app:app /data
VOLUME /data
CMD ["app"]
