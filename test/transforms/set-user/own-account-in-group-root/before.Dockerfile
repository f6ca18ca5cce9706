FROM debian:trixie-slim
RUN useradd -u 1001 -g 0 default
CMD ["app"]
