# /data is there to be filled; /src is filled, and a tool's folder is no state.
FROM debian:trixie-slim
WORKDIR /src
ENV SRC_HOME=/src NOTES_HOME=/data TOOLS_DIR=/tools
RUN mkdir /tools && curl -o /tools/a https://example.org/a
COPY app /src/app
WORKDIR /data
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: named by ENV NOTES_HOME, and left empty
RUN chown 10001:10001 "$NOTES_HOME"
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["/src/app"]
