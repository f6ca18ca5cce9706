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
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["/app"]

FROM debian:12 AS reads
COPY --from=reading /app /app
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
USER 10001:10001
CMD ["/app"]

# Who wrote this has chosen an account that may.
FROM debian:12 AS chosen
COPY --from=build /app /app
USER 5:60
CMD ["/app"]
