FROM debian:trixie-slim
EXPOSE 80
CMD ["app"]
