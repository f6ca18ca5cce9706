const fs = require('fs')
const http = require('http')

const file = `${process.env.DATA_DIR}/notes.json`
const notes = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file)) : []

http
  .createServer((request, response) => {
    if (request.url !== '/') {
      notes.push(request.url.slice(1))
      fs.writeFileSync(file, JSON.stringify(notes))
    }
    response.end(JSON.stringify(notes))
  })
  .listen(3000)
