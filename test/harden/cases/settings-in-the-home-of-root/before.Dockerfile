FROM debian:trixie-slim
COPY config.json /root/.config/app/config.json
COPY pip.conf /root/.config/pip/pip.conf
COPY models /root/models/
CMD ["app"]
