// Keeps what is posted to /upload below ./uploads.
const { createWriteStream, mkdirSync, readdirSync } = require('node:fs')
const { createServer } = require('node:http')
const { randomUUID } = require('node:crypto')
const { join } = require('node:path')

const folder = join(__dirname, 'uploads')
mkdirSync(folder, { recursive: true })

createServer((request, response) => {
  if (request.method === 'POST' && request.url === '/upload') {
    const name = randomUUID()
    const file = createWriteStream(join(folder, name))
    file.on('finish', () => response.writeHead(201).end(`${name}\n`))
    file.on('error', (error) => {
      process.stderr.write(`${error.message}\n`)
      response.writeHead(500).end('upload failed\n')
    })
    request.pipe(file)
    return
  }
  response.end(`${readdirSync(folder).length} uploads\n`)
}).listen(process.env.PORT)

process.on('SIGTERM', () => process.exit(0))
