# harden-image: folders with an owner: the image has no shell to make them
FROM scratch AS harden-image-paths
WORKDIR /1/app

FROM gcr.io/distroless/static-debian12
WORKDIR /root/app
# harden-image: decide: the user must enter /root, and the image has no shell to change their modes or owner
COPY server .
# harden-image: app (10001:10001): the image has no service account for it
COPY <<"HARDEN_IMAGE" /etc/passwd
root:x:0:0:root:/root:/sbin/nologin
app:x:10001:10001::/home/app:/sbin/nologin
HARDEN_IMAGE
COPY <<"HARDEN_IMAGE" /etc/group
root:x:0:
app:x:10001:
HARDEN_IMAGE
# harden-image: the home of the user, where the original wrote
COPY --from=harden-image-paths --chown=10001:10001 /1/ /home/
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["./server"]
