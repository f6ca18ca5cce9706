FROM debian:trixie-slim
RUN groupadd -r app && useradd -r -g app app \
 && mkdir /data && chown app:app /data
CMD ["app"]
