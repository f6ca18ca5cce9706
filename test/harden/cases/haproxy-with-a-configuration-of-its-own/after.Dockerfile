FROM debian:trixie-slim
RUN apt-get update && apt-get install -y haproxy && mkdir -p /run/haproxy
COPY <<EOT /srv/haproxy.cfg
global
    chroot /var/lib/haproxy
    stats socket /run/haproxy/admin.sock mode 660
    user haproxy
    group haproxy
frontend web
    bind *:80
EOT
# harden-image: app (10001:10001): haproxy may bring its own account
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: listen above 1024 (haproxy.cfg said 80)
RUN sed -i -E 's/bind \*:80\b/bind *:8080/' /srv/haproxy.cfg
# harden-image: only root can chroot and switch user
RUN sed -i -E '/^[[:space:]]*(chroot|user|group)([[:space:]].*)?$/d' /srv/haproxy.cfg
# harden-image: made by RUN in line 2
RUN chown 10001:10001 /run/haproxy
EXPOSE 8080
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["haproxy", "-f", "/srv/haproxy.cfg"]
