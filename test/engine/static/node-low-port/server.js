const http = require('node:http')

http.createServer((_, response) => response.end('low')).listen(process.env.PORT)
