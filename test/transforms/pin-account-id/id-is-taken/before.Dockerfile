FROM debian:trixie-slim
RUN useradd -u 10001 first && useradd second && chown second /srv
CMD ["app"]
