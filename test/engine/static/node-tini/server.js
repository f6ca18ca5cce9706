const http = require('node:http')

http
  .createServer((request, response) => {
    console.log(request.url)
    response.end('logged')
  })
  .listen(3000)
