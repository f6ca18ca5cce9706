FROM debian:trixie-slim
ARG SITE_UID=1000
RUN groupadd -g ${SITE_UID} site && useradd -u ${SITE_UID} -g site site
COPY serve /usr/local/bin/serve
VOLUME /var/lib/serve
ENTRYPOINT ["setpriv", "--reuid", "site", "--regid", "site", "--clear-groups", "serve"]
