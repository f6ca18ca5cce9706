FROM debian:trixie-slim
ARG SITE_UID=1000
RUN groupadd -g ${SITE_UID} site && useradd -u ${SITE_UID} -g site site
COPY serve /usr/local/bin/serve
# harden-image: declared by VOLUME
RUN mkdir -p /var/lib/serve \
 && chown ${SITE_UID}:${SITE_UID} /var/lib/serve
VOLUME /var/lib/serve
# harden-image: site (1000:1000), created by this Dockerfile
USER ${SITE_UID}:${SITE_UID}
ENTRYPOINT ["serve"]
