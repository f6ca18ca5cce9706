FROM golang:1.23 AS build
WORKDIR /src
COPY <<EOF main.go
package main
func main() { f, _ := os.CreateTemp("", "x"); serve(f) }
EOF
RUN go build -o /app .

FROM scratch AS without
COPY --from=build /app /app
CMD ["/app"]

FROM scratch AS with
COPY --from=build /app /app
WORKDIR /tmp
CMD ["/app"]

FROM gcr.io/distroless/static-debian12 AS another
COPY --from=build /app /app
CMD ["/app"]
