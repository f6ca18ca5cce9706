# harden-image: folders with an owner: the image has no shell to make them
FROM scratch AS harden-image-paths-0
WORKDIR /1/api-data

FROM gcr.io/distroless/static-debian12 AS api
ENTRYPOINT ["/api"]
VOLUME /api-data
COPY api /api
# harden-image: declared by VOLUME
COPY --from=harden-image-paths-0 --chown=65532:65532 /1/ /
# harden-image: nonroot (65532:65532), the account that its vendor runs it as
USER 65532:65532

FROM scratch AS harden-image-paths
WORKDIR /1/data

FROM gcr.io/distroless/static-debian12
VOLUME /data
COPY app /app
COPY --from=harden-image-paths --chown=65532:65532 /1/ /
USER 65532:65532
ENTRYPOINT ["/app"]
