FROM debian:trixie-slim
CMD ["server"]
