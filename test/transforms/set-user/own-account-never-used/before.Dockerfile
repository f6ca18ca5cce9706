FROM debian:trixie-slim
RUN useradd --uid 1500 app
CMD ["app"]
