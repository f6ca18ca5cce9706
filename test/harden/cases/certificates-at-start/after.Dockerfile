FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates python3
COPY --chmod=755 <<"EOF" /start.sh
#!/bin/sh
/usr/sbin/update-ca-certificates
if [ -n "$LOCALES" ]; then locale-gen; fi
exec python3 -m http.server 8000
EOF
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["/start.sh"]
