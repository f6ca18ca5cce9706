FROM node:22-slim
WORKDIR /srv/app
COPY <<EOF /srv/app/server.js
const fs = require('fs')
function save(data, filePath) {
  filePath = filePath || "./";
  fs.writeFile(filePath, data, () => {})
}
save(1, process.argv[2])
EOF
# harden-image: node (1000:1000), the account that its vendor runs it as
USER 1000:1000
CMD ["node", "server.js"]
