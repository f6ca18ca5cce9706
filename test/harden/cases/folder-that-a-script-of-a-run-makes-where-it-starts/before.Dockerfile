# syntax=docker/dockerfile:1
FROM node:22 AS tools
WORKDIR /srv
COPY --chmod=755 <<EOF /srv/tools/setup.sh
#!/bin/sh
mkdir -p made/cache
./more.sh
EOF
COPY --chmod=755 <<EOF /srv/tools/more.sh
#!/bin/sh
[ -d /opt/extras ] && mkdir -p left/uploads
EOF
RUN cd tools && ./setup.sh

FROM node:22
WORKDIR /srv
COPY --from=tools /srv/made /srv/made
COPY --from=tools /srv/tools /srv/tools
COPY --chmod=755 <<EOF /srv/server.js
require('http').createServer((_, answer) => answer.end('up')).listen(8080)
EOF
CMD ["node", "/srv/server.js"]
