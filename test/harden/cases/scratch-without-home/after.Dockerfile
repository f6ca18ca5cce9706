FROM golang:1.23 AS build
WORKDIR /src
COPY <<EOF main.go
package main
func main() { home, _ := os.UserHomeDir(); os.MkdirAll(home+"/.acme", 0o755) }
EOF
RUN go build -o /app .

FROM golang:1.23 AS reading
WORKDIR /src
COPY <<EOF main.go
package main
func main() { home, _ := os.UserHomeDir(); os.ReadFile(home+"/.acme") }
EOF
RUN go build -o /app .

# harden-image: folders with an owner: the image has no shell to make them
FROM scratch AS harden-image-paths-2
WORKDIR /1/app

FROM scratch AS without
COPY --from=build /app /app
# harden-image: the home of the user
COPY --from=harden-image-paths-2 --chown=10001:10001 /1/ /home/
# harden-image: the program asks for its home
ENV HOME=/home/app
# harden-image: 10001:10001, a bare uid, which needs no account
USER 10001:10001
CMD ["/app"]

FROM scratch AS harden-image-paths-3
WORKDIR /1/data

FROM scratch AS with
COPY --from=build /app /app
ENV HOME=/data
# harden-image: declared by VOLUME
COPY --from=harden-image-paths-3 --chown=10001:10001 /1/ /
VOLUME /data
USER 10001:10001
CMD ["/app"]

FROM scratch AS hidden
COPY --from=build /app /app
COPY --from=build /src/acme /.acme
USER 10001:10001
CMD ["/app"]

FROM scratch AS another
COPY --from=reading /app /app
USER 10001:10001
CMD ["/app"]
