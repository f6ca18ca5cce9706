FROM debian:trixie-slim
RUN apt-get update && apt-get install -y gcc libc6-dev
COPY <<EOF /usr/src/board/board.c
#include <stdio.h>
static char spool[99] = "/var/spool/board", logfile[99] = "/var/log/board.log";
int main(void) {
    FILE *log = fopen(logfile, "a");
    mkdir(spool, 0750);
}
EOF
RUN cc -o /usr/local/sbin/board /usr/src/board/board.c && rm -rf /usr/src/board
CMD ["/usr/local/sbin/board"]
