FROM debian:trixie-slim
RUN useradd -u 1500 demo && mkdir /data
RUN chown demo /data
USER 1500:1500
CMD ["app"]
