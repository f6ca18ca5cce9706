FROM node:22
WORKDIR /app
COPY <<EOF server.js
require('http').createServer().listen(3000)
EOF
VOLUME ['/a', '/b']
CMD ["node", "server.js"]
