FROM debian:trixie-slim
EXPOSE 80 443
CMD prepare \
    # the public ports
    && exec app --port 80 \
                --tls-port 443 \
                --quiet
