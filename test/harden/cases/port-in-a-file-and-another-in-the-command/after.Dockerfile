# The reason above the line names what that line moves.
FROM debian:trixie-slim
COPY <<EOF /etc/served.conf
listen 80
EOF
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: listen above 1024 (served.conf said 80)
RUN sed -i -E 's/listen 80\b/listen 8080/' /etc/served.conf
EXPOSE 8080 8053
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["served", "--config", "/etc/served.conf", "--dns-port", "8053"]
