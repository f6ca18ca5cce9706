FROM node:22
RUN npm ci \
 # not the tests
 && npm run build
ENTRYPOINT [ \
  "node", \
  "server.js" \
]
