FROM example.org/redis:1
# harden-image: it starts as redis already, and only root can run gosu; and more
RUN sed -i -E \
      -e 's/exec gosu redis "\$@"/exec "$@"/' \
      -e 's#chown -R redis /data#{ [ "$(id -u)" != 0 ] || chown -R redis /data; }#' \
      /entrypoint.sh
# harden-image: declared by VOLUME
RUN chown 999:999 /data
# harden-image: redis (999:999), gosu switches to it in /entrypoint.sh
USER 999:999
