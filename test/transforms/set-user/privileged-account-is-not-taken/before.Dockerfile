FROM debian:trixie-slim
COPY app /usr/bin/ops
CMD ["ops"]
