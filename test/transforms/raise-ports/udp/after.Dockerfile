FROM example.org/dns:1
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: listen above 1024 (zone.conf said 53)
RUN sed -i -E 's/port: 53\b/port: 8053/' /etc/unbound/unbound.conf.d/zone.conf
EXPOSE 8053 8053/udp
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
