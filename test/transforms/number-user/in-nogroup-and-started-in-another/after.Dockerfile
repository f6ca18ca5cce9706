FROM debian:trixie-slim
RUN addgroup --gid 1040 app && adduser --system --uid 1032 app
USER 1032:1040
CMD ["app"]
