FROM buildpack-deps:trixie
WORKDIR /code
COPY --chmod=755 <<EOF compile.sh
#!/bin/sh
set -e
g++-14 -O2 main.cc -o bin/bench
exec ./bin/bench
EOF
CMD ./compile.sh
