FROM gcr.io/distroless/static-debian12 AS api
VOLUME /data
# harden-image: nonroot (65532:65532), the account that its vendor runs it as
USER 65532:65532
ENTRYPOINT ["/api"]

FROM golang:1.24
RUN go build -o /app .

FROM gcr.io/distroless/static-debian12
COPY --from=1 /app /app
USER 65532:65532
ENTRYPOINT ["/app"]
