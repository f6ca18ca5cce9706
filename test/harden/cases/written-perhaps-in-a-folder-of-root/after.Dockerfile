FROM debian:trixie-slim
RUN groupadd --gid 10001 acme && useradd --uid 10001 --gid acme --system acme
WORKDIR /app
RUN chown root /app
COPY <<"EOF" /run.sh
#!/bin/sh
if [ -n "$MAKE_KEY" ]; then
  newkey > own.key
fi
exec setpriv --reuid acme --clear-groups "$@"
EOF
RUN chmod +x /run.sh
# harden-image: it starts as acme already, and only root can run setpriv
RUN sed -i -E 's/exec setpriv --reuid acme --clear-groups "\$@"/exec "$@"/' /run.sh
# harden-image: acme (10001:10001), created by this Dockerfile
USER 10001:10001
ENTRYPOINT ["/run.sh"]
CMD ["/opt/acme/bin/acme"]
