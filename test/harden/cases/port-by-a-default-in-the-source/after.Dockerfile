FROM node:22-slim
WORKDIR /srv/app
COPY <<EOF /srv/app/server.js
const store = require('store').connect(process.env.S3_PORT || 443)
require('http').createServer().listen(process.env.PORT || 80)
EOF
EXPOSE 8080
# harden-image: listen above 1024 (the program's own source says 80 without it)
ENV PORT=8080
# harden-image: node (1000:1000), the account that its vendor runs it as
USER 1000:1000
CMD ["node", "server.js"]
