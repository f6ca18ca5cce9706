FROM debian:trixie-slim
RUN groupadd --gid 900 srv && useradd --gid srv --system --uid 900 srv && groupadd --gid 901 more
RUN curl -fL https://example.org/app.tgz | tar -xz -C /opt/app && chown -R srv:srv /opt/app && chmod -R g+rX /opt/app
RUN curl -fL https://example.org/two.tgz | tar -xz -C /opt/two && chown -R srv /opt/two
RUN cd /opt/two && ./configure
RUN mkdir -p /opt/three && chown -R srv /opt/three
COPY plugins /opt/three/plugins
COPY --chmod=755 <<'EOF' /start.sh
#!/bin/sh
set -e
touch /opt/app/storage/app.log
touch /opt/two/storage/two.log
touch /opt/three/plugins/three.log
[ -z "$OWN" ] || cp /etc/hosts /opt/app/hosts
exec gosu srv server
EOF
# harden-image: it starts as srv already, and only root can run gosu
RUN sed -i -E 's/exec gosu srv server/exec server/' /start.sh
# harden-image: written by /start.sh lines 5 and 4
RUN mkdir -p /opt/three/plugins /opt/two/storage \
 && touch /opt/three/plugins/three.log /opt/two/storage/two.log \
 && chown 900:900 /opt/three/plugins/three.log /opt/two/storage/two.log
# harden-image: srv (900:900), created by this Dockerfile
USER 900:900
CMD ["/start.sh"]
