FROM alpine:3.22
RUN addgroup -g 1001 -S app && adduser -S app -u 1001
COPY --chown=app . /srv
# harden-image: app (1001:65533), created by this Dockerfile
USER 1001:65533
CMD ["app"]
