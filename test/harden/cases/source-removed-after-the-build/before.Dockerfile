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
CMD ["/usr/local/sbin/board"]
