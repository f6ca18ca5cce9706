FROM node:22
WORKDIR /srv/club
COPY <<EOF package.json
{ "scripts": { "deploy": "node with-env.js \"rm -rf ./db/steps && cp -r ./db/KIND-steps ./db/steps && npx prisma generate\"" } }
EOF
COPY <<EOF with-env.js
const { execSync } = require('child_process')
execSync(process.argv.slice(2).join(' ').replace(/KIND/g, process.env.KIND))
EOF
COPY <<EOF db/sqlite-steps/1.sql
select 1;
EOF
COPY server.js .
# harden-image: write access to /srv/club/db, /srv/club/db/steps, /srv/club/node_modules/.prisma
RUN mkdir -p /srv/club/db/steps /srv/club/node_modules/.prisma \
 && chown -Rh 1000:1000 /srv/club/db/steps /srv/club/node_modules/.prisma \
 && chgrp 1000 /srv/club/db \
 && chmod 1775 /srv/club/db
# harden-image: node (1000:1000), the account that its vendor runs it as
USER 1000:1000
CMD npm run deploy && node server.js
