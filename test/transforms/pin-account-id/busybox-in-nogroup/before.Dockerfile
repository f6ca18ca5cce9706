FROM alpine:3.22
RUN adduser -S -D app
CMD ["app"]
