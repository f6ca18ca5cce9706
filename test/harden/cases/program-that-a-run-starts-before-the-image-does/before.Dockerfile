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
ENTRYPOINT ["node", "--expose-gc", "server.js", "--options=/srv/data/options/server.json", "--cert=/srv/data/keys/own.pem"]
