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
CMD ["./app"]
