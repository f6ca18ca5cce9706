FROM debian:trixie-slim
RUN useradd --system --uid 400 orders
RUN cat <<EOF > /start.sh && chmod +x /start.sh
#!/bin/sh
chown orders /var/lib/orders
exec gosu orders "\$@"
EOF
RUN mkdir /var/lib/orders
ENTRYPOINT ["/start.sh"]
CMD ["orders"]
