FROM golang:1.24 AS build
WORKDIR /src
COPY <<"EOF" go.mod
module example.org/tracks
go 1.24
EOF
COPY <<"EOF" main.go
package main

import (
	"database/sql"
	"os"
)

func main() {
	path := "tracks.db"
	if said := os.Getenv("TRACKS_DB"); said != "" {
		path = said
	}
	sql.Open("sqlite3", path)
}
EOF
RUN go build -o /tracks .
FROM debian:trixie-slim
COPY --from=build /tracks /usr/local/bin/tracks
# harden-image: declared by VOLUME
RUN install -d -o 10001 -g 10001 /data
VOLUME /data
ENV TRACKS_CACHE=/data/cache.db
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: /tracks.db is made where it starts, and / belongs to the system
WORKDIR /home/app
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["tracks"]
