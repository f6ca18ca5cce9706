FROM node:22
WORKDIR /app
COPY <<EOF server.js
require('http').createServer().listen(3000)
EOF
# harden-image: declared by VOLUME
RUN install -d -o 1000 -g 1000 /a /b
VOLUME ['/a', '/b']
# harden-image: node (1000:1000), the account that its vendor runs it as
USER 1000:1000
CMD ["node", "server.js"]
