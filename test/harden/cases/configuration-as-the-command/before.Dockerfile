# The entrypoint is handed a configuration: that is read, and run by nobody.
FROM alpine:3.22
COPY <<EOF /etc/store/config.yml
storage: memory
EOF
COPY --chmod=750 <<"EOF" /entrypoint.sh
#!/bin/sh
case "$1" in *.yml) set -- store serve "$@" ;; esac
exec "$@"
EOF
ENTRYPOINT ["/entrypoint.sh"]
CMD ["/etc/store/config.yml"]
