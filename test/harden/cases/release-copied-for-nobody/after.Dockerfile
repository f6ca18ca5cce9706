FROM elixir:1.18 AS build
RUN mix release
FROM debian:12-slim
WORKDIR /app
RUN chown nobody /app
COPY --from=build --chown=nobody:root /rel ./
# harden-image: nobody (65534:65534), handed to nobody by RUN in line 5
USER 65534:65534
CMD ["/app/bin/app", "start"]
