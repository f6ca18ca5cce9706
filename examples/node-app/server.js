const { createServer } = require('node:http')
const { openGallery } = require('./gallery.js')

const gallery = openGallery('uploads')

createServer(async (request, response) => {
  if (request.method === 'POST') {
    const chunks = []
    for await (const chunk of request) chunks.push(chunk)
    response.writeHead(201).end(`${gallery.add(Buffer.concat(chunks))}\n`)
    return
  }
  if (request.url === '/health') return response.end('ok\n')
  response.end(`${gallery.list().join('\n')}\n`)
}).listen(process.env.PORT || 8080)

process.on('SIGTERM', () => process.exit(0))
