# with-contenv is a part of s6-overlay: the base brings that along, although no service is put into its folders.
ARG BUILD_FROM
FROM $BUILD_FROM
COPY --chmod=755 <<"EOF" /run.sh
#!/usr/bin/with-contenv bashio
PORT=$(bashio::config 'port')
mkdir -p /data/cache
exec serve --port "$PORT"
EOF
# harden-image: $BUILD_FROM may start as another user
USER 0
# harden-image: app (10001:10001): a new account, since the base's are not known
RUN echo 'app:x:10001:' >> /etc/group \
 && echo 'app:x:10001:10001::/home/app:/sbin/nologin' >> /etc/passwd \
 && mkdir -p /home/app \
 && chown 10001:10001 /home/app
# harden-image: made by /run.sh at start
RUN install -d -o 10001 -g 10001 /data/cache
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["/run.sh"]
