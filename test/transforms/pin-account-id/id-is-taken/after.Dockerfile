FROM debian:trixie-slim
RUN useradd -u 10001 first && useradd --uid 10002 second && chown second /srv
# harden-image: second (10002:10002), created by this Dockerfile
USER 10002:10002
CMD ["app"]
