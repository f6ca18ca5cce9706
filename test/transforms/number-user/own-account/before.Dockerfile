FROM debian:trixie-slim
RUN groupadd -g 2000 app && useradd -u 2001 -g app app
USER app
CMD ["app"]
