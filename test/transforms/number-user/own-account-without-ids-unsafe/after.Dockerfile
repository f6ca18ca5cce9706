FROM debian:trixie-slim
RUN useradd --uid 1000 app
USER 1000:1000
CMD ["app"]
