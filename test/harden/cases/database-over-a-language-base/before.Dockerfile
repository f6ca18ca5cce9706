FROM node:22-slim
WORKDIR /app
COPY <<"JS" package.json
{ "dependencies": { "better-sqlite3": "^11.0.0" } }
JS
COPY <<"JS" server.js
const db = require('better-sqlite3')(process.env.STATE)
JS
RUN npm ci
CMD ["node", "server.js"]
