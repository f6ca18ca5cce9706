FROM debian:trixie-slim
RUN groupadd -g 10001 app && useradd -u 10001 -g app -r app && mkdir /data && chown app:app /data
VOLUME /data
# harden-image: app (10001:10001), created by this Dockerfile
USER 10001:10001
CMD ["app"]
