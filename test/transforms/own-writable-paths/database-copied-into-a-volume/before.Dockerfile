FROM debian:trixie-slim
VOLUME /data
COPY <<EOF /data/seed.db
EOF
COPY --chown=33:33 <<EOF /data/given.db
EOF
COPY <<EOF /data/index.html
EOF
CMD ["/app/run"]
