FROM alpine:3.20
RUN apk add --no-cache memcached
EXPOSE 11211
CMD ["memcached", "-u", "memcached", "-m", "64"]
