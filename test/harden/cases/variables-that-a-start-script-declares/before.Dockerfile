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
CMD ["/start.sh"]
