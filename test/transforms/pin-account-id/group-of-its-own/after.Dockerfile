FROM debian:trixie-slim
RUN groupadd -g 10001 -r app && useradd -u 10001 -r -g app app \
 && mkdir /data && chown app:app /data
# harden-image: app (10001:10001), created by this Dockerfile
USER 10001:10001
CMD ["app"]
