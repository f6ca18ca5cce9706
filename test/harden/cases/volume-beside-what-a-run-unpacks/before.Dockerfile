FROM debian:trixie-slim
RUN useradd --system --uid 700 thing \
 && mkdir -p /var/lib/thing \
 && tar -xf /tmp/thing.tar -C /opt/thing
COPY thing /usr/local/bin/
VOLUME /var/lib/thing
CMD ["thing"]
