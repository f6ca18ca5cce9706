FROM alpine:3.22
COPY proxy /
# harden-image: app (10001:10001): the image has no service account for it
RUN addgroup -g 10001 app \
 && adduser -D -u 10001 -G app -h /home/app -s /sbin/nologin app
# harden-image: declared by VOLUME
RUN install -d -o 10001 -g 10001 /state
VOLUME ["/tmp", "/state"]
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
ENTRYPOINT ["/proxy"]
