FROM debian:trixie-slim
ENV PORT=80
EXPOSE 80
CMD ["app"]
