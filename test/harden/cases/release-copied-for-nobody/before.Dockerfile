FROM elixir:1.18 AS build
RUN mix release
FROM debian:12-slim
WORKDIR /app
RUN chown nobody /app
COPY --from=build --chown=nobody:root /rel ./
CMD ["/app/bin/app", "start"]
