# /data is there to be filled; /src is filled, and a tool's folder is no state.
FROM debian:trixie-slim
WORKDIR /src
ENV SRC_HOME=/src NOTES_HOME=/data TOOLS_DIR=/tools
RUN mkdir /tools && curl -o /tools/a https://example.org/a
COPY app /src/app
WORKDIR /data
CMD ["/src/app"]
