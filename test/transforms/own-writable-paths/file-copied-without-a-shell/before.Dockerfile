FROM scratch
COPY app /app
COPY keep /state/keep
CMD ["/app", "-db", "/state/keep"]
