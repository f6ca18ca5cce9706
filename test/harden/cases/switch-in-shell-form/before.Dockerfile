# The shell form hands over the folder and switches in one line.
FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends gosu && useradd --system --uid 950 store
COPY store /usr/local/bin/store
VOLUME /var/lib/store
CMD chown -R store /var/lib/store && exec gosu store store --data /var/lib/store
