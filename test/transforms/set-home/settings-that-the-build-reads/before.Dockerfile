FROM debian:trixie-slim
COPY config /root/.config/app/config
COPY app /usr/local/bin/app
RUN app migrate
CMD ["app"]
