FROM debian:trixie-slim AS api
ENTRYPOINT ["api"]
RUN install-api
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
# harden-image: folders with an owner: the image has no shell to make them
FROM scratch AS harden-image-paths
WORKDIR /1/data

FROM gcr.io/distroless/static-debian12
# harden-image: declared by VOLUME
COPY --from=harden-image-paths --chown=65532:65532 /1/ /
VOLUME /data
# harden-image: nonroot (65532:65532), the account that its vendor runs it as
USER 65532:65532
ENTRYPOINT ["/app"]
