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
CMD npm run deploy && node server.js
