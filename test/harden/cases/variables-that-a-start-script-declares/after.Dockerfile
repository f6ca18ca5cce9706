FROM debian:trixie-slim
COPY --chmod=755 <<"EOF" /start.sh
#!/bin/bash
set -e
readonly w=/work/one
declare -r d=/work/two
export A=/work/three B=/work/four
typeset -a list=(/work/no)
f() { local l=/work/five; mkdir -p "$w" "$l"; echo ready > "$d/ready"; }
g() { local m=/work/six; mkdir -p "$m"; }
h() { local m=/work/seven; mkdir -p "$m"; }
f
g
h
mkdir -p "$A" $B
A=/work/no true
exec /srv/app
EOF
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: made by /start.sh at start; written by /start.sh line 7
RUN mkdir -p /work/two /work/five /work/four /work/one /work/three \
 && touch /work/two/ready \
 && chown 10001:10001 /work/five /work/four /work/one /work/three /work/two/ready
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["/start.sh"]
