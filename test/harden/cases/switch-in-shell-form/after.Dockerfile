# The shell form hands over the folder and switches in one line.
FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends gosu && groupadd --gid 950 store && useradd --gid store --system --uid 950 store
COPY store /usr/local/bin/store
# harden-image: declared by VOLUME
RUN mkdir -p /var/lib/store \
 && chown 950:950 /var/lib/store
VOLUME /var/lib/store
# harden-image: store (950:950), created by this Dockerfile
USER 950:950
CMD { [ "$(id -u)" != 0 ] || chown -R store /var/lib/store; } && exec store --data /var/lib/store
