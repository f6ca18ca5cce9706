# harden-image: folders with an owner: the image has no shell to make them
FROM scratch AS harden-image-paths
WORKDIR /1/data

FROM scratch
COPY server /server
# harden-image: declared by VOLUME
COPY --from=harden-image-paths --chown=10001:10001 /1/ /
VOLUME /data
EXPOSE 8080
# harden-image: 10001:10001, a bare uid, which needs no account
USER 10001:10001
ENTRYPOINT ["/server"]
