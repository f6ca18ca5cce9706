FROM debian:trixie-slim
RUN groupadd --gid 700 thing && useradd --gid thing --system --uid 700 thing \
 && mkdir -p /var/lib/thing \
 && cp -a /usr/share/thing/seed /var/lib/thing/db \
 && chown -R thing:thing /var/lib/thing
COPY thing /usr/local/bin/
VOLUME /var/lib/thing
# harden-image: thing (700:700), created by this Dockerfile
USER 700:700
CMD ["thing"]
