FROM debian:trixie-slim
RUN useradd -u 1500 demo && mkdir /data
USER demo
RUN chown demo /data
CMD ["app"]
