FROM debian:trixie-slim
RUN useradd -u 1500 app
USER app
RUN ./configure
USER root
VOLUME /data
CMD ["app"]
