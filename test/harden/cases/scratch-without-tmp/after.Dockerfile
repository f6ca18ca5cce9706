FROM golang:1.23 AS build
WORKDIR /src
COPY <<EOF main.go
package main
func main() { f, _ := os.CreateTemp("", "x"); serve(f) }
EOF
RUN go build -o /app .

# harden-image: folders with an owner: the image has no shell to make them
FROM scratch AS harden-image-paths-1
WORKDIR /1/tmp

FROM scratch AS without
COPY --from=build /app /app
# harden-image: main.go line 2 makes temporary files
COPY --from=harden-image-paths-1 --chown=10001:10001 /1/ /
# harden-image: 10001:10001, a bare uid, which needs no account
USER 10001:10001
CMD ["/app"]

FROM scratch AS harden-image-paths-2
WORKDIR /1/tmp

FROM scratch AS with
COPY --from=build /app /app
WORKDIR /tmp
COPY --from=harden-image-paths-2 --chown=10001:10001 /1/ /
USER 10001:10001
CMD ["/app"]

FROM gcr.io/distroless/static-debian12 AS another
COPY --from=build /app /app
# harden-image: nonroot (65532:65532), the account that its vendor runs it as
USER 65532:65532
CMD ["/app"]
