FROM debian:trixie-slim
COPY --chmod=755 <<EOF /bin/wrap.sh
#!/bin/sh
echo started > /srv/app.state
exec "\$@"
EOF
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: written by /bin/wrap.sh line 2
RUN touch /srv/app.state \
 && chown 10001:10001 /srv/app.state
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD wrap.sh /srv/app --serve
