# syntax=docker/dockerfile:1
FROM node:22
WORKDIR /srv
COPY --chmod=755 <<EOF /srv/tools/setup.sh
#!/bin/sh
cd /srv
mkdir -p made/cache
EOF
RUN cd tools && ./setup.sh
COPY --chmod=755 <<EOF /srv/server.js
require('http').createServer((_, answer) => answer.end('up')).listen(8080)
EOF
CMD ["node", "/srv/server.js"]
