FROM registry.example/search/builder:1 AS builder
FROM registry.example/search/base:1
COPY --chown=977:977 --from=builder /opt/search/lib/ ./lib/
COPY --chown=977:977 start.sh ./
EXPOSE 8080
# harden-image: a bare uid has no home, and the base image is not known
ENV HOME=/tmp
# harden-image: 977:977, a bare uid, which needs no account
USER 977:977
ENTRYPOINT ["/opt/search/server"]
