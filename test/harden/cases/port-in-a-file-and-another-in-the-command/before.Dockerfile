# The reason above the line names what that line moves.
FROM debian:trixie-slim
COPY <<EOF /etc/served.conf
listen 80
EOF
EXPOSE 80 53
CMD ["served", "--config", "/etc/served.conf", "--dns-port", "53"]
