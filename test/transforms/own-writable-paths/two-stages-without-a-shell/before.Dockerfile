FROM gcr.io/distroless/static-debian12 AS api
ENTRYPOINT ["/api"]
VOLUME /api-data
COPY api /api

FROM gcr.io/distroless/static-debian12
VOLUME /data
COPY app /app
ENTRYPOINT ["/app"]
