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

FROM scratch AS without
COPY --from=build /app /app
CMD ["/app"]

FROM scratch AS with
COPY --from=build /app /app
ENV HOME=/data
VOLUME /data
CMD ["/app"]

FROM scratch AS hidden
COPY --from=build /app /app
COPY --from=build /src/acme /.acme
CMD ["/app"]

FROM scratch AS another
COPY --from=reading /app /app
CMD ["/app"]
