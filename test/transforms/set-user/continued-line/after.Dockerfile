FROM node:22
RUN npm ci \
 # not the tests
 && npm run build
# harden-image: node (1000:1000), the account that its vendor runs it as
USER 1000:1000
ENTRYPOINT [ \
  "node", \
  "server.js" \
]
