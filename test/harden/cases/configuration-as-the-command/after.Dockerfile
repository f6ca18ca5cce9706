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
# harden-image: app (10001:10001): the image has no service account for it
RUN addgroup -g 10001 app \
 && adduser -D -u 10001 -G app -h /home/app -s /sbin/nologin app
# harden-image: started by the command, with mode 0750
RUN chgrp 10001 /entrypoint.sh \
 && chmod 751 /entrypoint.sh
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
ENTRYPOINT ["/entrypoint.sh"]
CMD ["/etc/store/config.yml"]
