FROM node:22
WORKDIR /srv
COPY <<EOF /srv/hashes.js
module.exports = {}
EOF
COPY <<EOF /srv/config.js
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
CMD ["node", "app.js"]
