FROM debian:trixie-slim
RUN ./install-everything
COPY --chmod=755 <<EOF /entrypoint.sh
#!/bin/sh
exec supervisord -n
EOF
ENTRYPOINT ["/entrypoint.sh"]
