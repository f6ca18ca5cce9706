FROM debian:trixie-slim
RUN useradd --system acme
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
ENTRYPOINT ["/run.sh"]
CMD ["/opt/acme/bin/acme"]
