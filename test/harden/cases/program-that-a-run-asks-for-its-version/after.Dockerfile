FROM node:22
WORKDIR /srv
ENV STORE_DATABASE_DIR=/srv/data/db
RUN mkdir -p /srv/data/db
COPY <<EOF /srv/prepare.js
console.log('ready')
EOF
COPY <<EOF /srv/server.js
require('http').createServer((_, answer) => answer.end('up')).listen(8080)
EOF
RUN node --version && node prepare.js && cd /tmp && node server.js
# harden-image: named by ENV STORE_DATABASE_DIR, and left empty
RUN chown 1000:1000 "$STORE_DATABASE_DIR"
# harden-image: node (1000:1000), the account that its vendor runs it as
USER 1000:1000
ENTRYPOINT ["node", "server.js"]
