FROM debian:trixie-slim
RUN useradd --create-home --uid 1500 web
COPY app /srv/app/
# harden-image: declared by VOLUME; created by the original run
RUN mkdir -p /data \
 && touch /run/web.pid \
 && chown 1500:0 /data /run/web.pid /srv/app/state.db /var/lib/web \
 && chgrp 0 /srv/app/key \
 && chmod 640 /srv/app/key \
 && chmod g=u /data /run/web.pid /srv/app/state.db /var/lib/web
VOLUME /data
# harden-image: web (1500:0), created by this Dockerfile; and more
USER 1500:0
CMD ["/srv/app/serve"]
