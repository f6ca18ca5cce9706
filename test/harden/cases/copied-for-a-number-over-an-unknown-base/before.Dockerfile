FROM registry.example/search/builder:1 AS builder
FROM registry.example/search/base:1
COPY --chown=977:977 --from=builder /opt/search/lib/ ./lib/
COPY --chown=977:977 start.sh ./
EXPOSE 8080
ENTRYPOINT ["/opt/search/server"]
