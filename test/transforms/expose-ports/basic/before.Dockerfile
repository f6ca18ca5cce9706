FROM debian:trixie-slim
ENV PORT=80
EXPOSE 80/tcp 9100
HEALTHCHECK CMD curl -f http://localhost/ || exit 1
CMD ["app"]
