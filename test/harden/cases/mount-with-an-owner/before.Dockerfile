FROM debian:trixie-slim
RUN useradd --uid 1500 builder
USER 1500
RUN --mount=type=cache,target=/home/builder/.cache,uid=1500 --mount=type=tmpfs,target=/scratch make
USER root
CMD ["serve"]
