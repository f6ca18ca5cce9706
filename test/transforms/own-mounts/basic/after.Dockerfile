FROM debian:trixie-slim
RUN useradd --uid 1500 builder
USER builder
RUN --mount=type=cache,target=/home/builder/.cache,uid=1500,gid=1500 --mount=type=secret,id=token,uid=1500,gid=1500 make
USER 1500:1500
CMD ["serve"]
