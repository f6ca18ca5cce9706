FROM debian:trixie-slim
RUN groupadd --gid 700 thing && useradd --gid thing --system --uid 700 thing \
 && mkdir -p /var/lib/thing \
 && tar -xf /tmp/thing.tar -C /opt/thing
COPY thing /usr/local/bin/
# harden-image: declared by VOLUME
RUN chown 700:700 /var/lib/thing
VOLUME /var/lib/thing
# harden-image: thing (700:700), created by this Dockerfile
USER 700:700
CMD ["thing"]
