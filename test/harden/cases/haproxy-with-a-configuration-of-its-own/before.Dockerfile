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
EXPOSE 80
CMD ["haproxy", "-f", "/srv/haproxy.cfg"]
