FROM debian:trixie-slim
ENV PORT=80
CMD ["app"]
