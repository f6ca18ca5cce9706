FROM debian:trixie-slim
COPY <<EOF /srv/app/db/main.db
EOF
CMD ["server", "--db", "/srv/app/db/main.db", "--config", "/srv/app/db/server.conf"]
