FROM example.org/redis:1
# harden-image: declared by VOLUME
RUN chown 999:999 /data
# harden-image: redis (999:999), gosu switches to it in /entrypoint.sh
USER 999:999
