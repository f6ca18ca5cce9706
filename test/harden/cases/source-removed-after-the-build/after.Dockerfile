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
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: write access to /var/log/board.log, /var/spool/board
RUN mkdir -p /var/spool/board \
 && touch /var/log/board.log \
 && chown 10001:10001 /var/log/board.log /var/spool/board
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["/usr/local/sbin/board"]
