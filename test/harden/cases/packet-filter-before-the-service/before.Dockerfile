FROM debian:trixie-slim
RUN apt-get update && apt-get install -y iptables iproute2
COPY --chmod=755 <<EOF /start.sh
#!/bin/sh
ip addr show
iptables -t nat -A POSTROUTING -j MASQUERADE
exec /usr/local/bin/gateway
EOF
CMD ["/start.sh"]
