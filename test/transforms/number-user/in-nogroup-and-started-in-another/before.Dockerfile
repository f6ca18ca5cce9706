FROM debian:trixie-slim
RUN addgroup --gid 1040 app && adduser --system --uid 1032 app
USER app:app
CMD ["app"]
