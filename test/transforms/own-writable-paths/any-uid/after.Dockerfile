FROM debian:trixie-slim
RUN useradd --create-home --uid 1500 web
COPY app /srv/app/
# harden-image: write access to /data, /run/web.pid, /srv/app/state.db, /var/lib/web; and read …
RUN mkdir -p /data \
 && touch /run/web.pid \
 && chown 1500:0 /data /run/web.pid /srv/app/state.db /var/lib/web \
 && chgrp 0 /srv/app/key \
 && chmod 640 /srv/app/key \
 && chmod g=u /data /run/web.pid /srv/app/state.db /var/lib/web
VOLUME /data
# harden-image: web (1500:0), created by this Dockerfile; any uid with group 0 will do
USER 1500:0
CMD ["/srv/app/serve"]
