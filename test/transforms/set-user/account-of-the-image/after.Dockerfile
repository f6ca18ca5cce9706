FROM gcr.io/distroless/static-debian12
COPY app /app
# harden-image: nonroot (65532:65532), the account that its vendor runs it as
USER 65532:65532
ENTRYPOINT ["/app"]
