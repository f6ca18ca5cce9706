FROM debian:trixie-slim
COPY app /usr/local/bin/app
# harden-image: app (20000:33): given with --user
RUN useradd --no-log-init --uid 20000 --gid 33 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: app (20000:33), as asked for
USER 20000:33
CMD ["app"]
