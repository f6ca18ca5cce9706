FROM debian:trixie-slim
COPY app /usr/local/bin/app
# harden-image: web (10001:10001): given with --user
RUN groupadd --gid 10001 web \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/web --create-home --shell /usr/sbin/nologin web
# harden-image: web (10001:10001), as asked for
USER 10001:10001
CMD ["app"]
