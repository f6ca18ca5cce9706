FROM alpine:3.20
RUN apk add --no-cache memcached
# harden-image: app (10001:10001): memcached may bring its own account
RUN addgroup -g 10001 app \
 && adduser -D -u 10001 -G app -h /home/app -s /sbin/nologin app
EXPOSE 11211
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["memcached", "-u", "memcached", "-m", "64"]
