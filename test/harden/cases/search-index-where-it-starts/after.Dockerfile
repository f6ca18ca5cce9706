FROM alpine:3.20
COPY meilisearch .
# harden-image: app (10001:10001): the image has no service account for it
RUN addgroup -g 10001 app \
 && adduser -D -u 10001 -G app -h /home/app -s /sbin/nologin app
# harden-image: write access to /data.ms, /dumps
RUN mkdir -p /data.ms /dumps \
 && chown 10001:10001 /data.ms /dumps
EXPOSE 7700
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
ENTRYPOINT ["tini", "--"]
CMD ./meilisearch
