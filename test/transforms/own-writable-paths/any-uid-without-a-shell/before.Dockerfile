FROM gcr.io/distroless/static-debian12
COPY app /app
VOLUME ["/data", "/var/lib/app"]
ENTRYPOINT ["/app"]
