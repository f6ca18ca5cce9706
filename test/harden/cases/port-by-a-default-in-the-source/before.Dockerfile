FROM node:22-slim
WORKDIR /srv/app
COPY <<EOF /srv/app/server.js
const store = require('store').connect(process.env.S3_PORT || 443)
require('http').createServer().listen(process.env.PORT || 80)
EOF
EXPOSE 80
CMD ["node", "server.js"]
