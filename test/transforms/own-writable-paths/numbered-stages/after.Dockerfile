FROM gcr.io/distroless/static-debian12 AS api
VOLUME /data
# harden-image: nonroot (65532:65532), the account that its vendor runs it as
USER 65532:65532
ENTRYPOINT ["/api"]

FROM golang:1.24
RUN go build -o /app .

FROM gcr.io/distroless/static-debian12
# harden-image: decide: /data must be made in a stage of its own, and COPY --from names a later stage by its number, which would change
COPY --from=1 /app /app
USER 65532:65532
ENTRYPOINT ["/app"]
