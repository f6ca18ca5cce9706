FROM alpine:3.22
RUN addgroup -g 1001 -S app && adduser -S app -u 1001
COPY --chown=app . /srv
CMD ["app"]
