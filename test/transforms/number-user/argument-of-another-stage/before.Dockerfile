FROM alpine:3.23 AS accounts
ARG SITE_UID=1000
RUN addgroup -g ${SITE_UID} -S site && adduser -u ${SITE_UID} -G site -H -D site
FROM alpine:3.23
COPY --from=accounts /etc/passwd /etc/group /etc/
USER site:site
CMD ["serve"]
