FROM node:22 AS calls
WORKDIR /app
COPY <<"JS" server.js
const { execFile } = require('child_process')
function report(user) { execFile('runuser', ['-u', user, '--', 'report']) }
JS
# harden-image: node (1000:1000), the account that its vendor runs it as
USER 1000:1000
CMD ["node", "server.js"]

FROM node:22 AS asks
WORKDIR /app
COPY <<"JS" server.js
if (process.getuid() === 0) process.setuid('node')
JS
USER 1000:1000
CMD ["node", "server.js"]

FROM node:22 AS others
WORKDIR /app
COPY <<"JS" server.js
// execFile('runuser', ['-u', user])
execFile('report', ['su', 'mount'])
const mount = (name) => app.mount('/su')
app.run('sudoku')
JS
USER 1000:1000
CMD ["node", "server.js"]
