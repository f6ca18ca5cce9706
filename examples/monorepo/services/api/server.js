const { appendFileSync, existsSync, readFileSync } = require('node:fs')
const { createServer } = require('node:http')

const notes = '/app/data/notes.jsonl'
if (!existsSync(notes)) appendFileSync(notes, '')

createServer((request, response) => {
  if (request.method === 'POST' && request.url === '/notes') {
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      appendFileSync(notes, `${JSON.stringify({ at: new Date(), body })}\n`)
      response.writeHead(201).end()
    })
    return
  }
  response.setHeader('Content-Type', 'application/x-ndjson')
  response.end(readFileSync(notes))
}).listen(Number(process.env.PORT))

process.on('SIGTERM', () => process.exit(0))
