FROM golang:1.23 AS build
COPY main.go .
RUN mkdir -p /out/data && go build -o /out/run main.go && touch --date=@0 /out/run /out

# harden-image: folders with an owner: the image has no shell to make them
FROM scratch AS harden-image-paths
WORKDIR /1/data

FROM scratch
COPY --from=build /out /
# harden-image: declared by VOLUME
COPY --from=harden-image-paths --chown=10001:10001 /1/ /
VOLUME /data
# harden-image: a bare uid has no home, and the base image is not known
ENV HOME=/tmp
# harden-image: 10001:10001, a bare uid, which needs no account
USER 10001:10001
CMD ["/run"]
