FROM node:22 AS folders
RUN mkdir -p /srv/data/db /srv/data/options /srv/data/keys

FROM node:22
WORKDIR /srv
ENV STORE_DATABASE_DIR=/srv/data/db
COPY --from=folders /srv /srv
COPY <<EOF /srv/server.js
require('http').createServer((_, answer) => answer.end('up')).listen(8080)
EOF
RUN ["node", "--expose-gc", "./server.js", "--check"]
# harden-image: named by ENV STORE_DATABASE_DIR, and left empty; and more
RUN chown -Rh 1000:1000 "$STORE_DATABASE_DIR" /srv/data/options
# harden-image: node (1000:1000), the account that its vendor runs it as
USER 1000:1000
ENTRYPOINT ["node", "--expose-gc", "server.js", "--options=/srv/data/options/server.json", "--cert=/srv/data/keys/own.pem"]
