# Without a username unbound becomes the one that it was built for.
FROM debian:trixie-slim
RUN apt-get update && apt-get install -y unbound
COPY <<EOF /etc/unbound/unbound.conf
server:
  interface: 0.0.0.0
  port: 53
  username: "unbound"
EOF
# harden-image: app (10001:10001): unbound may bring its own account
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: listen above 1024 (unbound.conf said 53)
RUN sed -i -E 's/port: 53\b/port: 8053/' /etc/unbound/unbound.conf
# harden-image: unbound has its own user already, and only root can switch
RUN sed -i -E '/^[[:space:]]*username: "unbound"[[:space:]]*$/d' /etc/unbound/unbound.conf \
 && sed -i -E \
      's#^([[:space:]]*control-interface:[[:space:]]*)/run/unbound\.ctl#\1/run/unbound/unbound.ctl#' \
      /etc/unbound/unbound.conf.d/remote-control.conf \
 && sed -i -E \
      's/^(server:[[:space:]]*|(include-toplevel:.*))$/server:\n    username: ""\n\2/' /etc/unbound/unbound.conf
# harden-image: package unbound (line 3): the control socket; and more
RUN mkdir -p /run/unbound \
 && touch /run/unbound.pid \
 && chown 10001:10001 /run/unbound /run/unbound.pid /var/lib/unbound
EXPOSE 8053/udp
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["unbound", "-d"]
