FROM node:22
WORKDIR /app
COPY <<'EOF' server.js
const settings = require('./lib/settings')
settings()
EOF
# What the browser reads is written at each start.
COPY <<'EOF' lib/settings.js
const path = require('path')
module.exports = () => {
  const file = path.join(__dirname, '..', 'dist', 'settings.js')
  fs.writeFileSync(file, 'window.settings = {}')
}
EOF
# A tool that only people start.
COPY <<'EOF' lib/describe.js
fs.writeFileSync(path.join(__dirname, '../dist/describe.json'), '{}')
EOF
RUN npm run build
# harden-image: writeFileSync in /app/lib/settings.js line 4
RUN mkdir -p /app/dist \
 && touch /app/dist/settings.js \
 && chown 1000:1000 /app/dist/settings.js
# harden-image: node (1000:1000), the account that its vendor runs it as
USER 1000:1000
CMD ["node", "server.js"]
