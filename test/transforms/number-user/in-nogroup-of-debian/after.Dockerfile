FROM debian:trixie-slim
RUN addgroup --system --gid 1032 app && adduser --system --uid 1032 app
USER 1032:65534
CMD ["app"]
