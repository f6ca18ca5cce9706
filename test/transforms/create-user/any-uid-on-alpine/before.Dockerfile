FROM alpine:3.22
COPY app /usr/local/bin/app
CMD ["app"]
