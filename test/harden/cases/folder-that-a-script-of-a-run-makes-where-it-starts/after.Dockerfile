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
# harden-image: copied empty, there to be filled
RUN install -d -o 1000 -g 1000 /srv/tools/left/uploads \
 && chown 1000:1000 /srv/tools/made/cache
# harden-image: node (1000:1000), the account that its vendor runs it as
USER 1000:1000
CMD ["node", "/srv/server.js"]
