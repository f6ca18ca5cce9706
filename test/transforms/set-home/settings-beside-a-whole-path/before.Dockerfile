FROM debian:trixie-slim
COPY app /usr/local/bin/app
COPY app.d /root/.app/
CMD ["app"]
