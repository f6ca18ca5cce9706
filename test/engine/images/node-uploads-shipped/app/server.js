// As node-uploads, but the folder comes with the code, so nothing fails before the first upload.
const { createWriteStream, readdirSync } = require('node:fs')
const { createServer } = require('node:http')
const { randomUUID } = require('node:crypto')

createServer((request, response) => {
  if (request.method !== 'POST') {
    response.end(`${readdirSync('uploads').length} uploads\n`)
    return
  }
  const name = randomUUID()
  const file = createWriteStream(`uploads/${name}`)
  file.on('finish', () => response.writeHead(201).end(`${name}\n`))
  file.on('error', (error) => {
    process.stderr.write(`${error.message}\n`)
    response.writeHead(500).end('upload failed\n')
  })
  request.pipe(file)
}).listen(process.env.PORT)

process.on('SIGTERM', () => process.exit(0))
