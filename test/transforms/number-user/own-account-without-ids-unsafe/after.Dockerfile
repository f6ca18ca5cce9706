FROM debian:trixie-slim
RUN useradd --uid 10001 app
USER 10001:10001
CMD ["app"]
