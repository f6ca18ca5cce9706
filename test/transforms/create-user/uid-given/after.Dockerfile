FROM debian:trixie-slim
COPY app /usr/local/bin/app
# harden-image: app (20000:20000): given with --user
RUN groupadd --gid 20000 app \
 && useradd --no-log-init --uid 20000 --gid 20000 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: app (20000:20000), as asked for
USER 20000:20000
CMD ["app"]
