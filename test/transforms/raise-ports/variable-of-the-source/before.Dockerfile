FROM node:22-slim
WORKDIR /app
COPY <<SERVER server.js
require('node:http').createServer((_, answer) => answer.end('ok')).listen(process.env.PORT || 80)
SERVER
EXPOSE 80
CMD ["node", "server.js"]
