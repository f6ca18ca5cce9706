# It ends where it may not become that user; most daemons only warn.
FROM debian:trixie-slim
RUN apt-get update && apt-get install -y bind9
COPY <<EOF /etc/bind/named.conf.options
options { directory "/var/cache/bind"; };
EOF
EXPOSE 53/udp
CMD ["named", "-g", "-u", "bind"]
