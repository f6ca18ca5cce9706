FROM alpine:3.22
RUN addgroup -g 1500 app; adduser -u 1500 -D -G app app
# harden-image: app (1500:1500), created by this Dockerfile
USER 1500:1500
CMD ["app"]
