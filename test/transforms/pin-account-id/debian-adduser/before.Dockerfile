FROM debian:trixie-slim
RUN adduser --system --group --no-create-home app
CMD ["app"]
