FROM debian:trixie-slim
RUN useradd --create-home --uid 1500 web
COPY app /srv/app/
VOLUME /data
CMD ["/srv/app/serve"]
