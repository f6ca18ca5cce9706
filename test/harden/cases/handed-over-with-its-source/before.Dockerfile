FROM debian:trixie-slim
RUN useradd -u 911 abc
COPY <<EOF /app/shop/server.py
print("shop")
EOF
COPY <<EOF /app/shop/data/first.json
{}
EOF
COPY --chmod=755 <<EOF /app/run.sh
#!/bin/sh
set -e
chown -R abc:abc /app
exec gosu abc python3 /app/shop/server.py
EOF
ENTRYPOINT ["/app/run.sh"]
