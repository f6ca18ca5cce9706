FROM scratch
COPY app /app
VOLUME /data
ENTRYPOINT ["/app"]
