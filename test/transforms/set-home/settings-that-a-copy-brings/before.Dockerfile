FROM debian:trixie-slim
COPY config /root/.config/app/config
COPY ["app", "/usr/local/bin/app"]
COPY ["themes", "/root/.app/themes/"]
CMD ["app"]
