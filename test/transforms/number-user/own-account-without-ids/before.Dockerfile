FROM debian:trixie-slim
RUN useradd app
USER app
CMD ["app"]
