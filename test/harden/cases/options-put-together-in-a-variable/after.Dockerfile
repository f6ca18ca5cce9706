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
# harden-image: app (10001:10001): the image has no service account for it
RUN addgroup -g 10001 app \
 && adduser -D -u 10001 -G app -h /home/app -s /sbin/nologin app
# harden-image: it starts as nobody already, and only root can run ss-server
RUN sed -i -E \
      -e 's/ARGS="-s 0\.0\.0\.0 -p \$PORT -a nobody -u"/ARGS="-s 0.0.0.0 -p $PORT -u"/' \
      -e 's/LAST='\''-s 0\.0\.0\.0 -a nobody'\''/LAST='\''-s 0.0.0.0'\''/' \
      /start.sh
EXPOSE 8388
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
ENTRYPOINT ["/start.sh"]
CMD ["ss-server"]
