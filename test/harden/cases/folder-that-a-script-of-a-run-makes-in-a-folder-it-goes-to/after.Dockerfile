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
# harden-image: made by RUN in line 9
RUN chown 1000:1000 /srv/made/cache
# harden-image: node (1000:1000), the account that its vendor runs it as
USER 1000:1000
CMD ["node", "/srv/server.js"]
