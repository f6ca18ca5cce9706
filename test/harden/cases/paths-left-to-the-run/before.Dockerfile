FROM golang:1.23 AS build
WORKDIR /src
COPY <<EOF main.go
package main

import "os"

func save(path string, data []byte) error {
	return os.WriteFile(path, data, 0o600)
}
EOF
RUN go build -o /app .

FROM golang:1.23 AS reading
WORKDIR /src
COPY <<EOF main.go
package main

import "os"

func load(path string) ([]byte, error) {
	return os.ReadFile(path)
}
EOF
RUN go build -o /app .

FROM debian:12 AS writes
COPY --from=build /app /app
CMD ["/app"]

FROM debian:12 AS reads
COPY --from=reading /app /app
CMD ["/app"]

# Who wrote this has chosen an account that may.
FROM debian:12 AS chosen
COPY --from=build /app /app
USER games
CMD ["/app"]
