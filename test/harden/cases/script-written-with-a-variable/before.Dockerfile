FROM debian:trixie-slim
ARG VERSION=3
RUN echo "mkdir -p /srv/$VERSION" > /usr/local/bin/start && chmod +x /usr/local/bin/start
CMD ["start"]
