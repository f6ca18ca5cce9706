FROM node:22
WORKDIR /srv
COPY <<EOF /srv/hashes.js
module.exports = {}
EOF
# harden-image: writeFileSync in /srv/update.js line 3
COPY --chown=1000:1000 <<EOF /srv/config.js
module.exports = {}
EOF
COPY <<EOF /srv/update.js
const fs = require('fs')
fs.writeFileSync('/srv/hashes.js', 'module.exports = {}')
fs.writeFileSync('/srv/config.js', 'module.exports = {}')
EOF
COPY <<EOF /srv/app.js
require('./update.js')
EOF
# harden-image: node (1000:1000), the account that its vendor runs it as
USER 1000:1000
CMD ["node", "app.js"]
