FROM debian:trixie-slim
ENV PORT=80
EXPOSE 80 443
HEALTHCHECK --interval=5s CMD ["curl", "-f", "http://127.0.0.1:80/health"]
CMD ["app"]
