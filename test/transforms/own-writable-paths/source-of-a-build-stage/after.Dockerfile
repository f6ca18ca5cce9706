FROM debian:trixie-slim AS build
WORKDIR /src
COPY <<EOF main.go
dir := flag.String("data", "/srv/state", "where it keeps what it knows")
os.MkdirAll(*dir, 0o755)
EOF
COPY <<EOF src/main.ts
require('fs').mkdirSync(path.join(__dirname, 'beside'))
require('fs').mkdirSync('uploads')
EOF
COPY <<EOF node_modules/other/index.js
require('fs').mkdirSync('other')
EOF
RUN make

FROM debian:trixie-slim
WORKDIR /app
COPY --from=build /src/out ./
# harden-image: app (10001:10001): the image has no service account for it
RUN groupadd --gid 10001 app \
 && useradd --no-log-init --uid 10001 --gid 10001 --home-dir /home/app --create-home --shell /usr/sbin/nologin app
# harden-image: mkdirSync in main.ts line 2 fails where it is there already
RUN mkdir -p /srv/state \
 && chown 10001:10001 /srv/state \
 && chgrp 10001 /app \
 && chmod 1775 /app
# harden-image: app (10001:10001), numeric, so that Kubernetes can check it
USER 10001:10001
CMD ["./app"]
