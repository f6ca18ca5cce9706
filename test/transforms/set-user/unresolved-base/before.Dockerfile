ARG BASE
FROM ${BASE}
COPY app /app
RUN chmod +x /app
CMD ["/app"]
