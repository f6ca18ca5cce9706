FROM debian:trixie-slim AS source
COPY <<EOF /src/data/uploads/.keep
EOF
COPY <<EOF /src/run.conf
EOF

FROM debian:trixie-slim
VOLUME ["/app/data"]
COPY --from=source /src /app
CMD ["/app/run"]
