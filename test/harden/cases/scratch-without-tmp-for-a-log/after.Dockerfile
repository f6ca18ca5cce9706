FROM golang:1.24 AS build
WORKDIR /src
COPY <<"END" go.mod
module example.org/app

require github.com/golang/glog v1.2.4
END
COPY <<"END" main.go
package main

import "github.com/golang/glog"

func main() { glog.Info("starts"); serve() }
END
COPY <<"END" testutil/dir.go
package testutil

import (
	"os"
	"testing"
)

func Dir(tb testing.TB) { os.MkdirAll("/srv/junk", 0o755) }
END
RUN CGO_ENABLED=0 go build -o /app .
# harden-image: folders with an owner: the image has no shell to make them
FROM scratch AS harden-image-paths
WORKDIR /1/tmp

FROM scratch
COPY --from=build /app /app
# harden-image: main.go line 3 makes temporary files
COPY --from=harden-image-paths --chown=10001:10001 /1/ /
# harden-image: 10001:10001, a bare uid, which needs no account
USER 10001:10001
ENTRYPOINT ["/app"]
