FROM alpine:3.23
ARG SITE_UID=1000
ARG SITE_GID=1000
RUN addgroup -g ${SITE_GID} -S site && adduser -u ${SITE_UID} -G site -H -D site
USER site:site
CMD ["serve"]
