FROM alpine:3.22
RUN addgroup -g 10001 app && adduser -u 10001 -G app -S -D app
# harden-image: app (10001:10001), created by this Dockerfile
USER 10001:10001
CMD ["app"]
