FROM buildpack-deps:trixie
WORKDIR /code
COPY --chmod=755 <<EOF compile.sh
#!/bin/sh
set -e
g++-14 -O2 main.cc -o bin/bench
exec ./bin/bench
EOF
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: written by /code/compile.sh line 3
RUN install -d -o 10001 -g 10001 /code/bin
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ./compile.sh
