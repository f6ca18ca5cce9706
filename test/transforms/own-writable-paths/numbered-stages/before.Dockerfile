FROM gcr.io/distroless/static-debian12 AS api
VOLUME /data
ENTRYPOINT ["/api"]

FROM golang:1.24
RUN go build -o /app .

FROM gcr.io/distroless/static-debian12
COPY --from=1 /app /app
ENTRYPOINT ["/app"]
