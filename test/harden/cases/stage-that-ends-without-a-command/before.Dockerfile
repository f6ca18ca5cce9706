FROM debian:trixie-slim AS api
ENTRYPOINT ["api"]
RUN install-api
FROM gcr.io/distroless/static-debian12
VOLUME /data
ENTRYPOINT ["/app"]
