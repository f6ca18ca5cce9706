FROM debian:trixie-slim
ENV PIP_CACHE_DIR=/.cache APP_CACHE_DIR=/.thumbs
WORKDIR /srv
RUN pip install modelserve
ENTRYPOINT ["modelserve", "serve"]
