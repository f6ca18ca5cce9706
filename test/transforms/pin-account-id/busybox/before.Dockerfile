FROM alpine:3.22
RUN addgroup -S app && adduser -S -G app -H app
CMD ["app"]
