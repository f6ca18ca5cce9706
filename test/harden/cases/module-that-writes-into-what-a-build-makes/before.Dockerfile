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
CMD ["node", "server.js"]
