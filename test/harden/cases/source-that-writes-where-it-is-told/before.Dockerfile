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
CMD ["node", "server.js"]
