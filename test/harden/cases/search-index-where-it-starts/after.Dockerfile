FROM alpine:3.20
COPY meilisearch .
# harden-image: app (10001:10001): the image has no service account for it
RUN addgroup -g 10001 app \
 && adduser -D -u 10001 -G app -h /home/app -s /sbin/nologin app
# harden-image: meilisearch keeps its index where it starts; and more
RUN install -d -o 10001 -g 10001 /data.ms /dumps
EXPOSE 7700
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
ENTRYPOINT ["tini", "--"]
CMD ./meilisearch
