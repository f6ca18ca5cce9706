FROM alpine:3.20
RUN apk add --no-cache shadowsocks-libev
COPY --chmod=755 <<"EOT" /start.sh
#!/bin/sh
set -e
ARGS="-s 0.0.0.0 -p $PORT -a nobody -u"
LAST='-s 0.0.0.0 -a nobody'
OTHER="-a nobody"
echo "$OTHER of $LAST"
exec "$@" $ARGS $LAST
EOT
EXPOSE 8388
ENTRYPOINT ["/start.sh"]
CMD ["ss-server"]
