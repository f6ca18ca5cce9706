FROM debian:trixie-slim
# harden-image: app (20000:0): given with --user
RUN useradd --no-log-init --uid 20000 --gid 0 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: app (20000:0), as asked for
USER 20000:0
CMD ["app"]
