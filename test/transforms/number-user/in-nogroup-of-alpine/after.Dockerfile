FROM alpine:3.22
RUN addgroup -g 1001 -S app && adduser -S app -u 1001
USER 1001:65533
CMD ["app"]
