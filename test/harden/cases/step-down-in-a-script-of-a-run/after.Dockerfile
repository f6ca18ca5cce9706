FROM debian:trixie-slim
RUN groupadd --gid 400 orders && useradd --gid orders --system --uid 400 orders
RUN cat <<EOF > /start.sh && chmod +x /start.sh
#!/bin/sh
chown orders /var/lib/orders
exec gosu orders "\$@"
EOF
RUN mkdir /var/lib/orders
# harden-image: it starts as orders already, and only root can run gosu
RUN sed -i -E 's/exec gosu orders "\$@"/exec "$@"/' /start.sh
# harden-image: made by RUN in line 8
RUN chown 400:400 /var/lib/orders
# harden-image: orders (400:400), created by this Dockerfile
USER 400:400
ENTRYPOINT ["/start.sh"]
CMD ["orders"]
