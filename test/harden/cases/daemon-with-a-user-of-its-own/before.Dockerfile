# Without a username unbound becomes the one that it was built for.
FROM debian:trixie-slim
RUN apt-get update && apt-get install -y unbound
COPY <<EOF /etc/unbound/unbound.conf
server:
  interface: 0.0.0.0
  port: 53
  username: "unbound"
EOF
EXPOSE 53/udp
CMD ["unbound", "-d"]
