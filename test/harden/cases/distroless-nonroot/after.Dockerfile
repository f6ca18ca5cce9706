# harden-image: folders with an owner: the image has no shell to make them
FROM scratch AS harden-image-paths
WORKDIR /1/data

FROM gcr.io/distroless/base-debian12
COPY server /server
# harden-image: declared by VOLUME
COPY --from=harden-image-paths --chown=65532:65532 /1/ /
VOLUME /data
# harden-image: nonroot (65532:65532), the account that its vendor runs it as
USER 65532:65532
CMD ["/server"]
