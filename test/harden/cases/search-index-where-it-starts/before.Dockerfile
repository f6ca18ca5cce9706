FROM alpine:3.20
COPY meilisearch .
EXPOSE 7700
ENTRYPOINT ["tini", "--"]
CMD ./meilisearch
