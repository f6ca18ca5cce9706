# with-contenv is a part of s6-overlay: the base brings that along, although no service is put into its folders.
ARG BUILD_FROM
FROM $BUILD_FROM
COPY --chmod=755 <<"EOF" /run.sh
#!/usr/bin/with-contenv bashio
PORT=$(bashio::config 'port')
mkdir -p /data/cache
exec serve --port "$PORT"
EOF
CMD ["/run.sh"]
