FROM example.org/bare:1
COPY app /app
CMD ["/app"]
