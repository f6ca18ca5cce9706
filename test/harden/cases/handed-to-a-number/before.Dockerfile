FROM debian:trixie-slim
COPY --chown=1000:1000 x /srv/x/
RUN mkdir -p /srv/state && chown 1000:1000 /srv/state
ENTRYPOINT ["/srv/x/server"]
