FROM debian:trixie-slim AS keys
COPY --chmod=755 <<'EOF' /keys.sh
#!/bin/bash
mkdir -p /data/tls; cd /data/tls
openssl req -x509 -nodes -keyout server.key -out server.crt -subj /CN=localhost
EOF
RUN bash /keys.sh

FROM debian:trixie-slim
ENV STATE=/books
COPY --chmod=755 <<'EOF' /build.sh
#!/bin/bash
apt-get update
mkdir -p /books/main ${STATE}/index
mkdir /opt/tools
make_more() {
  mkdir /usr/lib/never
}
EOF
RUN /build.sh && rm /build.sh
COPY --from=keys /data /data
COPY --chmod=755 <<'EOF' /start.sh
#!/bin/bash
set -e
chmod 700 $STATE
chown -R reader $STATE /data
exec setpriv --reuid reader /opt/tools/reader
EOF
# harden-image: it starts as reader already, and only root can run setpriv
RUN sed -i -E \
      -e 's#exec setpriv --reuid reader /opt/tools/reader#exec /opt/tools/reader#' \
      -e 's#chown -R reader \$STATE /data#{ [ "$(id -u)" != 0 ] || chown -R reader $STATE /data; }#' \
      /start.sh
# harden-image: declared by VOLUME; of the application, with mode 0600
RUN chown reader: "$STATE" "$STATE/index" "$STATE/main" /data /data/tls \
 && chgrp "$(id -g reader)" /data/tls/server.key \
 && chmod 640 /data/tls/server.key
VOLUME ["/books", "/data"]
# harden-image: reader, setpriv switches to it in /start.sh
USER reader
CMD ["/start.sh"]
