# harden-image: folders with an owner: the image has no shell to make them
FROM scratch AS harden-image-paths
WORKDIR /1/data
WORKDIR /2/app

FROM gcr.io/distroless/static-debian12
COPY app /app
# harden-image: declared by VOLUME
COPY --from=harden-image-paths --chown=65532:0 --chmod=775 /1/ /
COPY --from=harden-image-paths --chown=65532:0 --chmod=775 /2/ /var/lib/
VOLUME ["/data", "/var/lib/app"]
# harden-image: nonroot (65532:0), the account that its vendor runs it as
USER 65532:0
ENTRYPOINT ["/app"]
