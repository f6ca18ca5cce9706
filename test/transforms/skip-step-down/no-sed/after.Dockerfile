# harden-image: folders with an owner: the image has no shell to make them
FROM scratch AS harden-image-paths
WORKDIR /1/data

FROM example.org/redis:1
# harden-image: it starts as redis already, and only root can run gosu; and more
COPY <<"HARDEN_IMAGE" /entrypoint.sh
#!/bin/sh
set -e
{ [ "$(id -u)" != 0 ] || chown -R redis /data; }
exec "$@"
HARDEN_IMAGE
# harden-image: declared by VOLUME
COPY --from=harden-image-paths --chown=999:999 /1/ /
# harden-image: redis (999:999), gosu switches to it in /entrypoint.sh
USER 999:999
