FROM debian:trixie-slim
RUN addgroup --system --gid 1032 app && adduser --system --uid 1032 app
USER app
CMD ["app"]
