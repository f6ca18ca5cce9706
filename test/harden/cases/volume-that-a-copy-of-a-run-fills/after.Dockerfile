FROM debian:trixie-slim
RUN groupadd --gid 700 thing && useradd --gid thing --system --uid 700 thing \
 && mkdir -p /var/lib/thing \
 && cp -a /usr/share/thing/seed /var/lib/thing/db
COPY thing /usr/local/bin/
# harden-image: declared by VOLUME; and more
RUN mkdir -p /var/lib/thing/db \
 && chown 700:700 /var/lib/thing \
 && chown -Rh 700:700 /var/lib/thing/db
VOLUME /var/lib/thing
# harden-image: thing (700:700), created by this Dockerfile
USER 700:700
CMD ["thing"]
