FROM debian:trixie-slim
RUN useradd --system --uid 700 thing \
 && mkdir -p /var/lib/thing \
 && cp -a /usr/share/thing/seed /var/lib/thing/db
COPY thing /usr/local/bin/
VOLUME /var/lib/thing
CMD ["thing"]
