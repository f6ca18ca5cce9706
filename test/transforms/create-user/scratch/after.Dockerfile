FROM scratch
COPY app /app
# harden-image: 10001:10001, a bare uid, which needs no account
USER 10001:10001
ENTRYPOINT ["/app"]
