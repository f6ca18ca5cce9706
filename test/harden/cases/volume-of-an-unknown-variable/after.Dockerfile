FROM example.org/search-base:1
COPY --chown=977:977 <<EOF /srv/settings.yml
port: 8080
EOF
VOLUME $CONFIG_PATH
# harden-image: a bare uid has no home, and the base image is not known
ENV HOME=/tmp
# harden-image: 977:977, a bare uid, which needs no account
USER 977:977
CMD ["/srv/search"]
