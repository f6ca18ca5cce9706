FROM debian:trixie-slim
CMD ["sleep" "1000"]
