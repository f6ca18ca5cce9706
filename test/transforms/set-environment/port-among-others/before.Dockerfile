FROM debian:trixie-slim
ENV A="b c" PORT=80 \
    LISTEN_ADDR=0.0.0.0:80
EXPOSE 80
CMD ["app"]
