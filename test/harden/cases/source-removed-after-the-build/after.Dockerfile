FROM debian:trixie-slim
RUN apt-get update && apt-get install -y golang
COPY <<EOF /usr/src/board/main.go
package main

import "os"

var spool, logfile = "/var/spool/board", "/var/log/board.log"

func main() {
	os.OpenFile(logfile, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o640)
	os.MkdirAll(spool, 0o750)
}
EOF
RUN cd /usr/src/board && go build -o /usr/local/sbin/board main.go && rm -rf /usr/src/board
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: os.OpenFile in /usr/src/board/main.go line 8; and more
RUN mkdir -p /var/spool/board \
 && touch /var/log/board.log \
 && chown 10001:10001 /var/log/board.log /var/spool/board
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["/usr/local/sbin/board"]
