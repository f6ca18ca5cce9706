FROM node:22-slim
WORKDIR /app
COPY <<SERVER server.js
require('node:http').createServer((_, answer) => answer.end('ok')).listen(process.env.PORT || 80)
SERVER
EXPOSE 8080
# harden-image: listen above 1024 (the program's own source says 80 without it)
ENV PORT=8080
# harden-image: node (1000:1000), the account that its vendor runs it as
USER 1000:1000
CMD ["node", "server.js"]
