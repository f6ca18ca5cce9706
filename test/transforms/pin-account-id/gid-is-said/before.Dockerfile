FROM alpine:3.22
RUN addgroup -g 1500 app; adduser -D -G app app
CMD ["app"]
