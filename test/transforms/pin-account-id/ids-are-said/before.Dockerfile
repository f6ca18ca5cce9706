FROM debian:trixie-slim
RUN useradd -u 1234 -m app
CMD ["app"]
