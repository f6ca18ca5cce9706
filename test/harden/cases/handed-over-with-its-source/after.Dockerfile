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
# harden-image: it starts as abc already, and only root can run gosu; and more
RUN sed -i -E \
      -e 's#exec gosu abc python3 /app/shop/server\.py#exec python3 /app/shop/server.py#' \
      -e 's#chown -R abc:abc /app#{ [ "$(id -u)" != 0 ] || chown -R abc:abc /app; }#' \
      /app/run.sh
# harden-image: handed over by /app/run.sh at start
RUN chown 911:911 /app/shop/data \
 && chgrp 911 /app \
 && chmod 1775 /app
# harden-image: abc (911:911), created by this Dockerfile
USER 911:911
ENTRYPOINT ["/app/run.sh"]
