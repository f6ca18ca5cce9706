FROM example.org/search-base:1
COPY --chown=977:977 <<EOF /srv/settings.yml
port: 8080
EOF
VOLUME $CONFIG_PATH
CMD ["/srv/search"]
