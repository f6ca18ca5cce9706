FROM debian:trixie-slim
ENV HOME=/root
COPY app /usr/local/bin/app
CMD ["app"]
