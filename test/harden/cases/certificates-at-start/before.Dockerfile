FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates python3
COPY --chmod=755 <<"EOF" /start.sh
#!/bin/sh
/usr/sbin/update-ca-certificates
if [ -n "$LOCALES" ]; then locale-gen; fi
exec python3 -m http.server 8000
EOF
CMD ["/start.sh"]
