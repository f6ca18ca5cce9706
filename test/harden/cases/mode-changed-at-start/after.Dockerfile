FROM debian:trixie-slim
WORKDIR /srv/app
COPY --chmod=644 <<"EOF" run.sh
#!/bin/sh
exec python3 -m http.server 8000
EOF
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: given another mode by the command at start
RUN chmod 755 /srv/app/run.sh
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD { [ "$(id -u)" != 0 ] || chmod +x run.sh; } && chmod 700 /var/spool/jobs && exec ./run.sh
