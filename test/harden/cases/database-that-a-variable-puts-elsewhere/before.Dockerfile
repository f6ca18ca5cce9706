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
VOLUME /data
ENV TRACKS_DB=/data/tracks.db
CMD ["tracks"]
