FROM debian:trixie-slim
RUN useradd --uid 1500 builder
USER builder
RUN --mount=type=cache,target=/home/builder/.cache --mount=type=secret,id=token make
USER root
CMD ["serve"]
