FROM debian:trixie-slim
COPY app /usr/local/bin/app
EXPOSE 80
CMD ["app", "--listen", "0.0.0.0:80"]
